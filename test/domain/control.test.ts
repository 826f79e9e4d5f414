import { describe, expect, it } from 'vitest';
import { controlSchema, refusalOf, type OrderKind, type SteeringMode } from '../../src/domain/control.ts';

const control = (order: unknown, changed = {}) => ({
  v: 1,
  id: 'c1',
  at: '2026-01-01T00:00:00Z',
  by: 'me',
  order,
  ...changed,
});
const ok = (value: unknown): boolean => controlSchema.safeParse(value).success;

/** One good order of each kind. */
const orders: { readonly [K in OrderKind]: Readonly<Record<string, unknown>> } = {
  pause: { reason: 'lunch' },
  resume: {},
  reopen: { reason: 'review' },
  rotate: {},
  stop: {},
  model: { profile: 'fast' },
  note: { text: 'look' },
  hint: { topic: 'file', text: 'a.ts' },
  guardrail: { name: 'n', trigger: 't', instruction: 'i' },
  spec: { text: '---\n' },
  diagnose: {},
  apply: { report: 'd1' },
  debug: { command: 'logs' },
};
const kinds = Object.keys(orders) as OrderKind[];

describe('a control file', () => {
  it.each(kinds)('may hold the order %s', (kind) => {
    expect(ok(control({ kind, ...orders[kind] }))).toBe(true);
  });
  it.each([
    ['an unknown order', control({ kind: 'explode' })],
    ['no order', control(undefined)],
    ['another version', control({ kind: 'rotate' }, { v: 2 })],
    ['no id', control({ kind: 'rotate' }, { id: '' })],
    ['an endless id', control({ kind: 'rotate' }, { id: 'x'.repeat(201) })],
    ['an endless sender', control({ kind: 'rotate' }, { by: 'x'.repeat(201) })],
    ['an empty note', control({ kind: 'note', text: '' })],
    ['an endless note', control({ kind: 'note', text: 'x'.repeat(64 * 1024 + 1) })],
    ['an endless task file', control({ kind: 'spec', text: 'x'.repeat(256 * 1024 + 1) })],
    ['a hint about anything', control({ kind: 'hint', topic: 'shell', text: 'x' })],
    ['a sign without its instruction', control({ kind: 'guardrail', name: 'n', trigger: 't' })],
    ['a text in the place of an object', 'rotate'],
  ])('never holds %s', (_, value) => {
    expect(ok(value)).toBe(false);
  });
  it('loses keys that no order has', () => {
    expect(controlSchema.parse(control({ kind: 'rotate', argv: ['sh'] })).order).toEqual({ kind: 'rotate' });
  });
});

describe('a steering mode', () => {
  it.each<[SteeringMode, readonly OrderKind[]]>([
    ['autonomous', ['hint', 'debug']],
    ['guided', ['debug']],
    ['debug', []],
  ])('%s refuses %j, and nothing else', (mode, refused) => {
    expect(kinds.filter((kind) => refusalOf(mode, kind) !== undefined)).toEqual(refused);
  });
  it('says which mode would allow it', () => {
    expect(refusalOf('autonomous', 'hint')).toContain('steering_mode: guided');
    expect(refusalOf('guided', 'debug')).toContain('steering_mode: debug');
  });
});
