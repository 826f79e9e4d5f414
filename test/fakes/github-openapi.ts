import { Ajv, type ValidateFunction } from 'ajv';
import { readFileSync } from 'node:fs';

/** Official operations, cut: see test/tools/github-openapi.ts. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}
interface Operation {
  readonly query: JsonObject;
  readonly body?: JsonObject;
  readonly responses: Readonly<Record<string, JsonObject>>;
}
interface Document {
  readonly operations: Readonly<Record<string, Operation>>;
  readonly definitions: Readonly<Record<string, Json>>;
}

const document: Document = JSON.parse(
  readFileSync(new URL('../fixtures/github/openapi.json', import.meta.url), 'utf8'),
);
const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const strict = new Ajv({ strict: false, validateFormats: false });
/** In a query everything is text. */
const loose = new Ajv({ strict: false, validateFormats: false, coerceTypes: true });
const compiled = new Map<string, ValidateFunction>();
const problems = (key: string, schema: JsonObject, value: unknown): string[] => {
  const by = key.endsWith(' query') ? loose : strict;
  const check = compiled.get(key) ?? by.compile({ ...schema, definitions: document.definitions });
  compiled.set(key, check);
  return check(value) ? [] : [`${key}: ${by.errorsText(check.errors)}`];
};

/** What of a request the official document does not know. */
export const requestProblems = (
  name: string,
  query: Readonly<Record<string, string>>,
  body: unknown,
): string[] => {
  const operation = document.operations[name];
  if (!operation) return [`${name} is not in the document`];
  const schema = { type: 'object', properties: operation.query, additionalProperties: false };
  return [
    ...problems(`${name} query`, schema, { ...query }),
    ...(operation.body ? problems(`${name} body`, operation.body, body) : []),
  ];
};

/** What of our own answer is not as the document has it: keeps the fake honest. */
export const responseProblems = (name: string, status: number, body: unknown): string[] => {
  const schema = document.operations[name]?.responses[String(status)];
  return schema ? problems(`${name} ${status}`, schema, body) : [`${name} has no answer ${status}`];
};

const follow = (schema: Json | undefined): JsonObject => {
  if (!isObject(schema)) return {};
  const ref = schema['$ref'];
  return typeof ref === 'string' ? follow(document.definitions[ref.replace('#/definitions/', '')]) : schema;
};

const primitives: Readonly<Record<string, Json>> = {
  string: '',
  integer: 1,
  number: 1,
  boolean: false,
  null: null,
};

const alternatives = (schema: JsonObject): Json[] =>
  ['anyOf', 'oneOf', 'allOf'].map((key) => schema[key]).find(Array.isArray) ?? [];
const mayBeNull = (schema: JsonObject): boolean =>
  [schema['type']].flat().includes('null') ||
  (Array.isArray(schema['enum']) && schema['enum'].includes(null)) ||
  alternatives(schema).some((one) => follow(one)['type'] === 'null');

/** The smallest value that fits: required members only, null where it may be. */
const sample = (given: Json | undefined): Json => {
  const schema = follow(given);
  const { type } = schema;
  if (mayBeNull(schema)) return null;
  if (Array.isArray(schema['enum'])) return schema['enum'][0]!;
  if (isObject(schema['properties']) || type === 'object') return sampleObject(schema);
  if (type === 'array') return [];
  if (typeof type === 'string') return primitives[type] ?? '';
  return sample(alternatives(schema)[0] ?? { type: 'string' });
};

const sampleObject = (schema: JsonObject): JsonObject => {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required'])
    ? schema['required'].flatMap((one) => (typeof one === 'string' ? [one] : []))
    : [];
  return Object.fromEntries(required.map((name) => [name, sample(properties[name])]));
};

/** The value with what the schema requires beside it, all the way down. */
const filled = (given: Json | undefined, value: Json): Json => {
  const schema = follow(given);
  if (Array.isArray(value)) return value.map((one) => filled(schema['items'], one));
  if (!isObject(value)) return value;
  const whole = isObject(schema['properties'])
    ? schema
    : follow(alternatives(schema).find((one) => isObject(follow(one)['properties'])));
  const properties = isObject(whole['properties']) ? whole['properties'] : {};
  const own = Object.entries(value).map(([name, one]) => [name, filled(properties[name], one)] as const);
  return { ...sampleObject(whole), ...Object.fromEntries(own) };
};

/** The smallest value of a definition, with these values in it. */
export const sampleOf = (definition: string, values: JsonObject): JsonObject =>
  filled(document.definitions[definition], values) as JsonObject;

const responseOf = (name: string, status: number): JsonObject =>
  follow(document.operations[name]?.responses[String(status)]);

/** A whole answer: what the document requires, with these values in it. */
export const answerFor = (name: string, status: number, values: Json): Json =>
  filled(responseOf(name, status), values);
