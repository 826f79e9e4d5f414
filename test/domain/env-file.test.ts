import { describe, expect, it } from 'vitest';
import { parseEnvFile } from '../../src/domain/env-file.ts';

const read = (text: string) => parseEnvFile(text, '.env.ralph');

describe('an env file', () => {
  it('is NAME=value lines; everything after the first = is the value', () => {
    const text = '# keys\n\nANTHROPIC_API_KEY=sk-a=b#c\r\nMODEL=anthropic/claude-sonnet-4-5\nEMPTY=\n';
    expect(read(text).values).toEqual({
      ANTHROPIC_API_KEY: 'sk-a=b#c',
      MODEL: 'anthropic/claude-sonnet-4-5',
      EMPTY: '',
    });
  });
  it('keeps its values secret unless they are words, numbers or addresses under a harmless name', () => {
    const text =
      'A_TOKEN=hello\nNODE_ENV=production\nPORT=8080\nAPI_BASE=http://host:8000\nDB=postgres://u:pw@db\n';
    expect(read(text).secrets).toEqual(['hello', 'postgres://u:pw@db']);
  });
  it.each([
    ['export KEY=hush-hush', 'not NAME=value'],
    ['KEY = hush-hush', 'not NAME=value'],
    ['hush-hush', 'not NAME=value'],
    ['KEY= hush-hush', 'begins or ends with a space'],
    ['KEY="hush-hush"', 'in quotes'],
    ['KEY=hush-hush\u0007', 'control character'],
    ['PATH=/hush-hush', 'cannot be set'],
    ['NODE_OPTIONS=--require hush-hush', 'cannot be set'],
    ['A=1\nA=hush-hush', 'twice'],
    [Array.from({ length: 201 }, (_, i) => `A${i}=hush-hush`).join('\n'), 'more than 200'],
  ])('refuses %j without telling its value', (text, problem) => {
    const thrown: { message: string; hint?: string }[] = [];
    try {
      read(text);
    } catch (error) {
      thrown.push(error as Error);
    }
    expect(thrown[0]?.message).toMatch(/^\.env\.ralph, line \d+: /);
    expect(thrown[0]?.message).toContain(problem);
    expect(JSON.stringify([thrown[0]?.message, thrown[0]?.hint])).not.toContain('hush-hush');
  });
});
