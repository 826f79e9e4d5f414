import type { Keypress } from './keys.ts';

/** A line of text that is being typed. */
export interface TextField {
  readonly text: string;
  /** In characters of `text`, as UTF-16 units at a border. */
  readonly cursor: number;
}
export const fieldOf = (text = ''): TextField => ({ text, cursor: text.length });

const MOST = 4_000;

const before = (field: TextField): number => {
  const step = /[\udc00-\udfff]$/.test(field.text.slice(0, field.cursor)) ? 2 : 1;
  return Math.max(0, field.cursor - step);
};
const after = (field: TextField): number => {
  const step = /^[\ud800-\udbff]/.test(field.text.slice(field.cursor)) ? 2 : 1;
  return Math.min(field.text.length, field.cursor + step);
};
const cutOut = ({ text }: TextField, from: number, to: number): TextField => ({
  text: text.slice(0, from) + text.slice(to),
  cursor: from,
});
const wordStart = ({ text, cursor }: TextField): number => text.slice(0, cursor).search(/\S*\s*$/u);

const edits: Readonly<Record<string, (field: TextField) => TextField>> = {
  left: (field) => ({ ...field, cursor: before(field) }),
  right: (field) => ({ ...field, cursor: after(field) }),
  home: (field) => ({ ...field, cursor: 0 }),
  'ctrl+a': (field) => ({ ...field, cursor: 0 }),
  end: (field) => ({ ...field, cursor: field.text.length }),
  'ctrl+e': (field) => ({ ...field, cursor: field.text.length }),
  backspace: (field) => cutOut(field, before(field), field.cursor),
  // Many terminals send what they call delete for the backspace key.
  delete: (field) =>
    field.cursor === field.text.length
      ? cutOut(field, before(field), field.cursor)
      : cutOut(field, field.cursor, after(field)),
  'ctrl+w': (field) => cutOut(field, wordStart(field), field.cursor),
  'ctrl+u': (field) => cutOut(field, 0, field.cursor),
  'ctrl+k': (field) => ({ text: field.text.slice(0, field.cursor), cursor: field.cursor }),
};

/** The field after a key; the same one when the key is none of its. */
export const typeInto = (field: TextField, { chord, text }: Keypress): TextField => {
  const edit = Object.hasOwn(edits, chord) ? edits[chord] : undefined;
  if (edit !== undefined) return edit(field);
  if (text === '' || field.text.length + text.length > MOST) return field;
  return {
    text: field.text.slice(0, field.cursor) + text + field.text.slice(field.cursor),
    cursor: field.cursor + text.length,
  };
};
