import { parseDocument, type Document } from 'yaml';

/** A YAML text with its comments. A module of its own, since a bundle cannot load yaml's CommonJS by name when it is needed. */
export const parseProjectDocument = (text: string): Document.Parsed =>
  parseDocument(text, { prettyErrors: true, strict: true });
