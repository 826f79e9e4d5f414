import { describe, expect, it } from 'vitest';
import { scanDiff, scanForSecrets } from '../../../src/adapters/scm/secret-gate.ts';

// Put together here, so that no scanner takes this file for a leak.
const github = ['ghp', 'x4Kq8ZpLm2Rt7VwYb1Nc5Hd9Jf3Gs6TaEeUu'].join('_');
const aws = ['AKIA', 'Q3EXB7LMZP2RT5VW'].join('');
const slack = ['xoxb', '123456789012', '1234567890123', 'AbCdEfGhIjKlMnOpQrStUvWx'].join('-');
const key = (body: string): string =>
  [`-----BEGIN RSA ${'PRIVATE'} KEY-----`, body, `-----END RSA ${'PRIVATE'} KEY-----`].join('\n');
const diff = (...lines: string[]): string => {
  const added = lines.filter((line) => line.startsWith('+')).length;
  const removed = lines.filter((line) => line.startsWith('-')).length;
  const same = lines.length - added - removed;
  return [
    'diff --git a/x b/x',
    '--- a/x',
    '+++ b/x',
    `@@ -1,${removed + same} +1,${added + same} @@`,
    ...lines,
    '',
  ].join('\n');
};

describe('the gate before a push', () => {
  it('finds known kinds of secrets and says the line, never the secret', async () => {
    const found = await scanForSecrets(`fine\ntoken ${github}\r\nfine\n${aws}\n${slack}\n`);
    expect(new Set(found.map(({ line }) => line))).toEqual(new Set([2, 4, 5]));
    expect(JSON.stringify(found)).not.toMatch(new RegExp(`${github}|${aws}|${slack}`));
  });

  it('finds given values that match no pattern', async () => {
    expect(await scanForSecrets('a\nmy plain passphrase\n', ['plain passphrase'])).toEqual([
      { rule: 'known', line: 2 },
    ]);
  });

  it('is not switched off by a comment in the text', async () => {
    const text = `// secretlint-disable\n# secretlint-disable-next-line\n${slack}\n`;
    expect((await scanForSecrets(text)).some(({ line }) => line === 3)).toBe(true);
  });

  it('finds a private key that spans lines', async () => {
    const body = Array.from({ length: 12 }, (_, n) =>
      `${n}MIIEpAIBAAKCAQEAx7Q9+/abcDEF0123456789ghiJKLmnoPQRstuVWXyz`.slice(0, 64),
    );
    const found = await scanDiff(
      diff(
        ...key(body.join('\n'))
          .split('\n')
          .map((line) => `+${line}`),
      ),
    );
    expect(found.some(({ rule }) => rule.includes('private'))).toBe(true);
  });

  it('passes ordinary code', async () => {
    const code =
      'const password = readPassword();\nconst url = "https://example.com/a?b=c";\n// sha 3f786850e387550fdab836ed7e6dc881de23001b\n';
    expect(await scanForSecrets(code)).toEqual([]);
    expect(await scanForSecrets('')).toEqual([]);
  });

  it('looks at added lines of a diff only, also at one that looks like a header', async () => {
    expect(await scanDiff(diff(`-${github}`, ` ${github}`, '+fine'))).toEqual([]);
    const found = await scanDiff(diff('+fine', `+++ ${github}`, '-x'));
    expect(new Set(found.map(({ line }) => line))).toEqual(new Set([6]));
  });

  it('goes on with the next file of a diff', async () => {
    const found = await scanDiff(`${diff('+fine', '\\ No newline at end of file')}${diff(`+${github}`)}`);
    expect(found.map(({ line }) => line)).toContain(11);
  });

  it('finds what lies deep in a long line and across the borders of its pieces', async () => {
    for (const before of [8180, 100_000, 262_130]) {
      const found = await scanForSecrets(`${'ab '.repeat(before / 3)} ${github} ${'cd '.repeat(1000)}\n`);
      expect(found.map(({ line }) => line)).toContain(1);
    }
  });

  it('gets through a megabyte of hostile text in one go', async () => {
    const texts = [
      'a'.repeat(1_000_000),
      'https://a:'.repeat(100_000),
      'sk-ant-'.repeat(140_000),
      '-----BEGIN '.repeat(90_000),
    ];
    for (const text of texts) await scanForSecrets(text);
  });
});
