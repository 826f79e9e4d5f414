/** What a line of an agent's machine-readable output says, in words that all four share. */
export type Fact =
  /** Words of the assistant; `piece` is a part of a message that goes on. `alone`: nothing before belongs to it. */
  | { readonly kind: 'said'; readonly text: string; readonly piece: boolean; readonly alone?: true }
  | ({ readonly kind: 'tool'; readonly id?: string } & ToolUse)
  /** How the tool of that id came out, where the agent tells it later. */
  | { readonly kind: 'tool-ended'; readonly id: string; readonly ok: boolean }
  /** The agent asks the model once more. */
  | { readonly kind: 'turn' }
  /** A model call failed; the agent may try it again by itself. */
  | {
      readonly kind: 'trouble';
      readonly status: number | undefined;
      readonly waitMs: number | undefined;
      readonly detail: string;
    }
  | {
      readonly kind: 'ended';
      readonly ok: boolean;
      /** The final assistant text, where the agent says it whole. */
      readonly text: string | undefined;
      readonly limit: 'turns' | undefined;
      readonly turns: number | undefined;
      readonly costUsd: number | undefined;
      readonly detail: string;
    };
/** One use of a tool, as its agent tells it. */
export interface ToolUse {
  readonly tool: string;
  /** Its command, its path or the like, in one line. */
  readonly label: string;
  /** Undefined where the agent did not say how it came out. */
  readonly ok?: boolean;
}
/** Reads one line that is a JSON object; what it does not know gives no facts. Pure, never throws. */
export type FactReader = (line: Fields) => readonly Fact[];
export type Fields = Readonly<Record<string, unknown>>;

const MAX_DETAIL = 500;
const MAX_LABEL = 300;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** The object at a key; an empty one when there is none. */
export const fieldsAt = (from: Fields, key: string): Fields => {
  const value = Object.hasOwn(from, key) ? from[key] : undefined;
  return isFields(value) ? value : {};
};
export const textAt = (from: Fields, key: string): string => {
  const value = Object.hasOwn(from, key) ? from[key] : undefined;
  return typeof value === 'string' ? value : '';
};
/** A finite number that is not negative; undefined otherwise. */
export const numberAt = (from: Fields, key: string): number | undefined => {
  const value = Object.hasOwn(from, key) ? from[key] : undefined;
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
};
export const detailOf = (text: string): string => text.slice(0, MAX_DETAIL).toWellFormed();

/** Arguments by which a tool call is known again, the telling ones first. */
const telling = ['command', 'cmd', 'file_path', 'filePath', 'path', 'pattern', 'query', 'url', 'description'];

/** One line about a tool call: its command or its path. */
export const labelOf = (input: Fields): string => {
  const value = telling.map((key) => textAt(input, key)).find((text) => text !== '') ?? '';
  return value.slice(0, MAX_LABEL).replaceAll(/\s+/g, ' ').trim().toWellFormed();
};
export const toolFact = (
  tool: string,
  input: Fields,
  more: { readonly id?: string; readonly ok?: boolean } = {},
): Fact => ({
  kind: 'tool',
  tool: tool.slice(0, 80).toWellFormed(),
  label: labelOf(input),
  ...more,
});
