import { isMap, parseDocument, type Document } from 'yaml';
import { splitFrontmatter } from './split.ts';

/** New values of front matter keys, dotted for nested ones (`sandbox_resources.vcpu`); null takes a key away. */
export type FrontChanges = Readonly<Record<string, string | number | null>>;

/** Puts one value in its place; false when it is there already. */
const put = (doc: Document.Parsed, key: string, value: string | number | null): boolean => {
  const path = key.split('.');
  const parent = path.slice(0, -1);
  const before = doc.getIn(path);
  if (value === null ? before === undefined : before === value) return false;
  if (value === null) {
    doc.deleteIn(path);
    const left = parent.length > 0 ? doc.getIn(parent) : undefined;
    if (isMap(left) && left.items.length === 0) doc.deleteIn(parent);
    return true;
  }
  if (parent.length > 0 && !isMap(doc.getIn(parent))) doc.setIn(parent, doc.createNode({}));
  doc.setIn(path, value);
  return true;
};

const withYaml = (text: string, before: string, after: string): string => {
  const firstLine = text.indexOf('\n') + 1;
  if (before === '') return `${text.slice(0, firstLine)}${after}\n${text.slice(firstLine)}`;
  const start = text.indexOf(before, firstLine);
  const written = before.includes('\r\n') ? after.replaceAll(/\r?\n/g, '\r\n') : after;
  return text.slice(0, start) + written + text.slice(start + before.length);
};

/**
 * The task file with these values in its front matter; comments, order and body stay. What cannot be read as front
 * matter stays as it is: the linter tells why.
 */
export const writeFront = (text: string, changes: FrontChanges): string => {
  const split = splitFrontmatter(text);
  if (split.language === undefined || !split.closed) return text;
  const doc = parseDocument(split.yaml, { schema: 'core', uniqueKeys: false, logLevel: 'error' });
  if (doc.errors.length > 0 || !(doc.contents === null || isMap(doc.contents))) return text;
  const changed = Object.entries(changes).filter(([key, value]) => put(doc, key, value));
  if (changed.length === 0) return text;
  return withYaml(text, split.yaml, doc.toString({ lineWidth: 0 }).replace(/\n$/, ''));
};
