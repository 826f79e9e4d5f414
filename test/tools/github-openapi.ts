// Cuts GitHub's official OpenAPI document (npm @octokit/openapi, generated/api.github.com.json) to the operations that
// the adapter uses, as JSON Schema for ajv: node test/tools/github-openapi.ts DOCUMENT VERSION
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const used = [
  'GET /repos/{owner}/{repo}',
  'GET /repos/{owner}/{repo}/pulls',
  'POST /repos/{owner}/{repo}/pulls',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}',
  'PATCH /repos/{owner}/{repo}/pulls/{pull_number}',
  'PATCH /repos/{owner}/{repo}/issues/{issue_number}',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/files',
  'GET /repos/{owner}/{repo}/commits/{ref}/check-runs',
  'GET /repos/{owner}/{repo}/commits/{ref}/status',
  'GET /repos/{owner}/{repo}/check-runs/{check_run_id}',
  'GET /repos/{owner}/{repo}/actions/runs',
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs',
  'GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs',
  'POST /repos/{owner}/{repo}/statuses/{sha}',
  'GET /repos/{owner}/{repo}/installation',
  'GET /repos/{owner}/{repo}/issues',
  'GET /repos/{owner}/{repo}/issues/{issue_number}',
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/assignees',
  'DELETE /repos/{owner}/{repo}/issues/{issue_number}/assignees',
  'GET /repos/{owner}/{repo}/git/trees/{tree_sha}',
  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/comments',
  'GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews',
  'GET /user',
  'GET /app',
  'POST /app/installations/{installation_id}/access_tokens',
];

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Node = { readonly [key: string]: Json };
const isNode = (value: Json | undefined): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const [path = '', version = ''] = process.argv.slice(2);
const document: Node = JSON.parse(readFileSync(path, 'utf8'));
const at = (node: Json | undefined, ...keys: readonly string[]): Json | undefined =>
  keys.reduce<Json | undefined>((found, key) => (isNode(found) ? found[key] : undefined), node);
const resolved = (node: Json | undefined): Json | undefined => {
  const ref = at(node, '$ref');
  return typeof ref === 'string' ? at(document, ...ref.replace('#/', '').split('/')) : node;
};

const dropped = new Set([
  'description',
  'example',
  'examples',
  'title',
  'externalDocs',
  'deprecated',
  'xml',
  'default',
]);
const definitions: Record<string, Json> = {};

const orNull = (schema: Node): Node => {
  if (typeof schema['$ref'] === 'string') return { anyOf: [schema, { type: 'null' }] };
  if (Array.isArray(schema['enum']))
    return { ...schema, enum: [...schema['enum'], null], type: [at(schema, 'type') ?? 'string', 'null'] };
  if (typeof schema['type'] === 'string') return { ...schema, type: [schema['type'], 'null'] };
  return { anyOf: [schema, { type: 'null' }] };
};

const defined = (ref: string): Node => {
  const name = ref.split('/').at(-1)!;
  if (!(name in definitions)) {
    definitions[name] = true;
    definitions[name] = convert(resolved({ $ref: ref })!);
  }
  return { $ref: `#/definitions/${name}` };
};

/** The members of an object schema keep their names, whatever those are. */
const convertMembers = (members: Json): Json =>
  isNode(members)
    ? Object.fromEntries(Object.entries(members).map(([key, value]) => [key, convert(value)]))
    : members;

const convertKey = (key: string, value: Json): Json => {
  if (key === 'enum' || key === 'required') return value;
  return key === 'properties' ? convertMembers(value) : convert(value);
};

/** OpenAPI 3.0 to JSON Schema: `nullable`, references to `definitions`, no prose. */
const convert = (schema: Json): Json => {
  if (Array.isArray(schema)) return schema.map((one) => convert(one));
  if (!isNode(schema)) return schema;
  if (typeof schema['$ref'] === 'string') return defined(schema['$ref']);
  const kept = Object.entries(schema).filter(
    ([key]) => !dropped.has(key) && key !== 'nullable' && !key.startsWith('x-'),
  );
  const out = Object.fromEntries(kept.map(([key, value]) => [key, convertKey(key, value)]));
  return schema['nullable'] === true ? orNull(out) : out;
};

const operationOf = (name: string): Json => {
  const [method = '', route = ''] = name.split(' ');
  const operation = at(document, 'paths', route, method.toLowerCase());
  if (operation === undefined) throw new Error(`the document has no ${name}`);
  const all = at(operation, 'parameters');
  const query = (Array.isArray(all) ? all : [])
    .map(resolved)
    .filter((one) => at(one, 'in') === 'query')
    .flatMap((one) => {
      const name = at(one, 'name');
      return typeof name === 'string' ? [[name, convert(at(one, 'schema') ?? true)] as const] : [];
    });
  const body = at(operation, 'requestBody', 'content', 'application/json', 'schema');
  const responses = Object.entries(at(operation, 'responses') ?? {}).flatMap(([status, response]) => {
    const schema = at(resolved(response), 'content', 'application/json', 'schema');
    return Number(status) < 300 && schema !== undefined ? [[status, convert(schema)] as const] : [];
  });
  return {
    query: Object.fromEntries(query),
    ...(body !== undefined && { body: convert(body) }),
    responses: Object.fromEntries(responses),
  };
};

const operations = Object.fromEntries(used.map((name) => [name, operationOf(name)]));
const source = `npm @octokit/openapi ${version}, generated/api.github.com.json (MIT), cut by test/tools/github-openapi.ts`;
const target = fileURLToPath(new URL('../fixtures/github/openapi.json', import.meta.url));
writeFileSync(target, `${JSON.stringify({ source, operations, definitions })}\n`);
