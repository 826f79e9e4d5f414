import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { createRedactor, findSecrets, MAX_HELD } from '../../src/domain/redact.ts';

const SECRET = 'p@ss/w0rd+"é&x~1';
const plain = createRedactor([]);
const fake = (prefix: string, length: number): string => prefix + 'aB3dE5gH7jK9'.repeat(9).slice(0, length);
const PEM = [
  `-----BEGIN ${'RSA '}PRIVATE KEY-----`,
  'MIIEpAIBAAKCAQEA'.repeat(4),
  'abcdEFGH12345678'.repeat(4),
  'zz09==',
  `-----END ${'RSA '}PRIVATE KEY-----`,
].join('\n');

const streamed = (secrets: readonly string[], chunks: readonly string[]): string => {
  const stream = createRedactor(secrets).stream();
  return chunks.map((chunk) => stream.push(chunk)).join('') + stream.end();
};

const hex = Buffer.from(SECRET).toString('hex');
const FORMS: readonly (readonly [string, string])[] = [
  ['raw', SECRET],
  ['URL', encodeURIComponent(SECRET)],
  ['lower-case URL', encodeURIComponent(SECRET).replace(/%../g, (one) => one.toLowerCase())],
  ['JSON', JSON.stringify(SECRET).slice(1, -1)],
  ['JSON in JSON', JSON.stringify(JSON.stringify(SECRET).slice(1, -1)).slice(1, -1)],
  ['base64', Buffer.from(SECRET).toString('base64')],
  ['base64url', Buffer.from(SECRET).toString('base64url')],
  ['hex', hex],
  ['upper-case hex', hex.toUpperCase()],
];

describe('createRedactor with known values', () => {
  it.each(FORMS)('takes out the value as %s', (_name, form) => {
    expect(createRedactor([SECRET]).text(`a ${form} b`)).toBe('a [redacted] b');
  });

  it.each([0, 1, 2, 3, 4, 5])('takes out base64 that starts %i bytes before the value', (shift) => {
    for (const encoding of ['base64', 'base64url'] as const) {
      for (const after of ['', 'x', 'yz', 'end']) {
        const text = Buffer.from('u:uuu'.slice(0, shift) + SECRET + after).toString(encoding);
        const clean = createRedactor([SECRET]).text(text);
        expect(clean).toContain('[redacted]');
        expect(clean.replace('[redacted]', '').length).toBeLessThanOrEqual(14);
      }
    }
  });

  it('takes the longest where values overlap, and leaves nothing of either', () => {
    const redactor = createRedactor(['abcdefgh', 'efghijkl', 'cdefgh']);
    expect(redactor.text('1 abcdefghijkl 2 abcdefgh 3 cdefgh 4')).toBe(
      '1 [redacted] 2 [redacted] 3 [redacted] 4',
    );
    expect(redactor.text('abcdefgabcdefgh')).toBe('abcdefg[redacted]');
  });

  it('leaves values alone that are too short to be told from text', () => {
    expect(createRedactor(['abc', '', '  ']).text('abc and more')).toBe('abc and more');
  });

  it('takes out each line of a value of several lines', () => {
    const redactor = createRedactor(['first-line-of-it\nsecond-line-of-it\n']);
    expect(redactor.text('log: second-line-of-it\n')).toBe('log: [redacted]\n');
    expect(redactor.text('first-line-of-it\nsecond-line-of-it')).toBe('[redacted]');
  });

  it('takes out a very long value, raw and encoded', () => {
    const long = Array.from({ length: 3000 }, (_, at) => `${at}~`).join('');
    const redactor = createRedactor([long]);
    expect(redactor.text(`a${long}b`).replaceAll('[redacted]', '')).toBe('ab');
    expect(redactor.text(Buffer.from(long).toString('hex')).replaceAll('[redacted]', '')).toBe('');
  });
});

const PATTERNS: readonly (readonly [string, string, string])[] = [
  ['openai', `key ${fake('sk-', 40)} x`, 'key [redacted:api-key] x'],
  ['anthropic', fake('sk-ant-api03-', 60), '[redacted:anthropic-key]'],
  [
    'github',
    `${fake('ghp_', 36)} ${fake('gho_', 36)} ${fake('ghs_', 36)}`,
    Array(3).fill('[redacted:github-token]').join(' '),
  ],
  ['github fine-grained', fake('github_pat_', 60), '[redacted:github-token]'],
  ['a token after an escaped newline', `x\\n${fake('ghp_', 36)}\\n`, 'x\\n[redacted:github-token]\\n'],
  ['a token in a URL query', `x%3D${fake('dtn_', 36)}&`, 'x%3D[redacted:daytona-key]&'],
  ['gitlab', fake('glpat-', 20), '[redacted:gitlab-token]'],
  ['slack', fake('xoxb-', 40), '[redacted:slack-token]'],
  ['aws', `${'AKIA'}ABCDEFGHIJ234567.`, '[redacted:aws-key].'],
  ['google', fake('AIza', 35), '[redacted:google-key]'],
  ['daytona', fake('dtn_', 40), '[redacted:daytona-key]'],
  ['the pass of a gate', `echo ${fake('ralph_pass_', 43)}`, 'echo [redacted:gate-pass]'],
  ['z.ai', `${'0123456789abcdef'.repeat(2)}.${fake('', 16)}`, '[redacted:zai-key]'],
  ['a JWT', `a ${fake('eyJ', 20)}.${fake('eyJ', 30)}.${fake('', 40)}, b`, 'a [redacted:jwt], b'],
  ['Bearer', 'Authorization: Bearer abcdefgh\n', 'Authorization: Bearer [redacted:bearer]\n'],
  ['Basic', 'authorization: basic dXNlcjpwYXNz\n', 'authorization: basic [redacted:basic]\n'],
  ['a URL', 'git clone https://user:hunter@host.tld/x', 'git clone https://[redacted:url]@host.tld/x'],
  ['an environment line', 'export DB_PASSWORD=swordfish\n', 'export DB_PASSWORD=[redacted:assignment]\n'],
  ['a JSON member', '{"api_key": "abcdef123456"}', '{"api_key": "[redacted:assignment]"}'],
  ['escaped JSON', '{\\"password\\":\\"hunter22\\"}', '{\\"password\\":\\"[redacted:assignment]\\"}'],
  ['a query', 'GET /?access_token=abc123def&x=1', 'GET /?access_token=[redacted:assignment]&x=1'],
  ['a private key', `before\n${PEM}\nafter\n`, 'before\n[redacted:private-key]\nafter\n'],
  ['a private key in JSON', JSON.stringify({ k: PEM, z: 1 }), '{"k":"[redacted:private-key]","z":1}'],
];

describe('createRedactor by patterns', () => {
  it.each(PATTERNS)('redacts %s', (_name, text, clean) => {
    expect(plain.text(text)).toBe(clean);
  });

  it.each([
    'const token = fetchToken();',
    'interface A { password: string; token: Token }',
    'max_tokens: 4096, total_tokens=123456',
    'token = parse2(x)',
    'password: ${PASSWORD2}',
    'const key = process.env.API_KEY2; api_key: process.env.API_KEY2',
    'throw new Error("password: must be 8 characters")',
    'Basic authentication and Bearer authentication',
    'task-abcdefghijklmnop1234567 risk-abcdefghijklmnop123',
    '.sk-fading-circle-container-one',
    'http://localhost:3000/@scope/package https://host/a:b@c',
    'index 0123456789abcdef0123456789abcdef01234567..89abcdef',
    "if (text.startsWith('-----BEGIN CERTIFICATE-----')) return 1;",
    'git@github.com:owner/repo.git',
    'password=[redacted] Bearer [redacted:bearer] token: "[redacted:assignment]"',
  ])('leaves ordinary text alone: %s', (text) => {
    expect(plain.text(text)).toBe(text);
  });

  it('does not hide what follows the mention of a key', () => {
    const text = `a -----BEGIN ${'PRIVATE'} KEY-----\nThis is a sentence, nothing more.\nAnd one more.\n`;
    expect(plain.text(text)).toBe(
      'a [redacted:private-key]\nThis is a sentence, nothing more.\nAnd one more.\n',
    );
  });

  it('does not change what it has redacted', () => {
    for (const [, text] of PATTERNS) expect(plain.text(plain.text(text))).toBe(plain.text(text));
  });
});

describe('the stream', () => {
  const cases = [...FORMS.map(([, form]) => `a ${form} b\nc\n`), ...PATTERNS.map(([, text]) => text)];

  it.each(cases)('gives the same as the whole, split at any place (%#)', (text) => {
    const whole = createRedactor([SECRET]).text(text);
    for (let at = 0; at <= text.length; at += 1) {
      expect(streamed([SECRET], [text.slice(0, at), text.slice(at)])).toBe(whole);
    }
    expect(streamed([SECRET], text.split(''))).toBe(whole);
  });

  it('gives out a line when it ends, and what cannot be a secret any more', () => {
    const stream = createRedactor([SECRET]).stream();
    expect(stream.push('hello\nwor')).toBe('hello\n');
    expect(stream.push('ld\r')).toBe('world\r');
    expect(stream.end()).toBe('');
  });

  it.each([0, 1, 100, 4000, 4096, 4100, 8100, 8192, 9000, 12_300, 20_000])(
    'catches secrets in a line without end, %i units in',
    (before) => {
      const key = fake('sk-ant-', 80);
      const text = `${'. '.repeat(before / 2)}${key} ${SECRET} ${'-'.repeat(20_000)}`;
      const clean = streamed([SECRET], text.match(/[^]{1,777}/g) ?? []);
      expect(clean).toBe(text.replace(key, '[redacted:anthropic-key]').replace(SECRET, '[redacted]'));
    },
  );

  it('drops all of a token that is longer than what it holds', () => {
    const token = `ghp_${'a1'.repeat(30_000)}`;
    expect(streamed([], `x ${token} y\nz`.match(/[^]{1,1000}/g) ?? [])).toBe(
      'x [redacted:github-token] y\nz',
    );
  });

  it('holds back little of a line without end', () => {
    const stream = createRedactor([SECRET]).stream();
    let given = 0;
    let taken = 0;
    for (let round = 0; round < 300; round += 1) {
      const chunk = 'p@ss/w0rd '.repeat(2000);
      taken += chunk.length;
      given += stream.push(chunk).length;
      expect(taken - given).toBeLessThanOrEqual(MAX_HELD + 1000);
    }
  });

  it('takes text that is made to be slow', () => {
    const units = [
      'token=',
      'eyJ',
      '://a:',
      'Bearer ',
      'sk-',
      'a',
      '0',
      '-----BEGIN ',
      'password: "',
      'p@ss/w0rd',
      '=',
      '\\',
    ];
    for (const unit of units) {
      const text = unit.repeat(Math.ceil(300_000 / unit.length));
      expect(createRedactor([SECRET]).text(text).length).toBeGreaterThan(0);
      expect(findSecrets(text).length).toBeLessThanOrEqual(1000);
    }
  });
});

describe('findSecrets', () => {
  it('names kind and place of each, and known values where they are given', () => {
    const text = `a ${fake('ghp_', 36)}\nb https://u:pw@h\n${SECRET}`;
    expect(findSecrets(text, [SECRET])).toEqual([
      { kind: 'github-token', index: 2 },
      { kind: 'url', index: text.indexOf('u:pw') },
      { kind: 'known', index: text.indexOf(SECRET) },
    ]);
    expect(findSecrets('nothing here')).toEqual([]);
  });
});
