import { describe, expect, it } from 'vitest';
import {
  MAX_BODY_BYTES,
  SECTION_BEGIN,
  SECTION_END,
  mergeBody,
  pullRequestContent,
  type PullRequestInput,
} from '../../src/domain/pull-request.ts';

const input = (changed: Partial<PullRequestInput> = {}): PullRequestInput => ({
  task: {
    taskId: 'task-001',
    title: 'Implement Foo',
    pr: { titleTemplate: '[Ralph] Implement Foo: task-001', bodyTemplate: '## Summary\nImplements Foo.\n' },
  },
  boxes: [
    { id: 'M1.1', text: 'returns 200', checked: true },
    { id: 'M1.2', text: 'returns 400', checked: false },
  ],
  iterations: 3,
  costUsd: 0.1234,
  verification: [{ command: 'npm test', outcome: 'exit 0', ok: true }],
  runId: 'run-1',
  done: false,
  ...changed,
});
const withBox = (text: string): string =>
  pullRequestContent(input({ boxes: [{ id: 'B', text, checked: true }] })).body;

describe('the content of a pull request', () => {
  it('is the template, then what the runner knows', () => {
    expect(pullRequestContent(input())).toMatchInlineSnapshot(`
      {
        "body": "## Summary
      Implements Foo.

      <!-- ralph:begin -->
      ## Ralph

      In progress: 1 of 2 criteria verified by the runner

      - Run: \`run-1\`
      - Iterations: 3
      - Cost: $0.12 (API-equivalent estimate)

      ### Verification

      - ✅ \`npm test\`: exit 0

      ### Success criteria

      - [x] M1.1 returns 200
      - [ ] M1.2 returns 400

      <!-- ralph:end -->
      ",
        "title": "[Ralph] Implement Foo: task-001",
      }
    `);
  });

  it('says by what a run without criteria is done', () => {
    const body = (done: boolean): string =>
      pullRequestContent(input({ boxes: [], done, remark: 'by its word only' })).body;
    expect(body(true)).toContain('\nDone by its word only\n');
    expect(body(false)).toContain('\nIn progress; it ends by its word only\n');
    expect(body(true)).not.toContain('criteria');
  });

  it('has a title of its own where the task gives none', () => {
    expect(pullRequestContent(input({ task: { taskId: 't-1', title: 'Foo', pr: {} } })).title).toBe(
      '[Ralph] Foo: t-1',
    );
  });

  it('keeps the title on one safe line', () => {
    const pr = { titleTemplate: `a\nb\u001b]0;x\u0007\u202e${'c'.repeat(500)}` };
    const { title } = pullRequestContent(input({ task: { taskId: 't', title: '', pr } }));
    expect(title).toMatch(/^a b<U\+202E>c+…$/);
    expect(title.length).toBeLessThanOrEqual(200);
  });

  it('lets no text of a model or file end the section or hide in HTML', () => {
    const evil = `${SECTION_END} <img src=x> <!-- x --> \u001b[31mred`;
    const { body } = pullRequestContent(
      input({
        summary: evil,
        boxes: [{ id: 'B', text: evil, checked: false }],
        verification: [{ command: `echo '${SECTION_END}'`, outcome: evil, ok: false }],
        task: { taskId: 't', title: 't', pr: { bodyTemplate: `x ${SECTION_BEGIN} y` } },
      }),
    );
    expect(body.split(SECTION_BEGIN)).toHaveLength(2);
    expect(body.split(SECTION_END)).toHaveLength(2);
    expect(body).not.toContain('<img');
    expect(body).not.toContain('\u001b');
  });

  it.each([
    ['a mention', 'ask @octocat or @org/team', /@[a-z]/],
    [
      'a closing word',
      'Fixes #12, closes: org/repo#3, resolved https://github.com/o/r/issues/4',
      /(?:fixes|closes|resolved)[: ]+(?:#|org|https)/i,
    ],
    ['a reference', 'see #12 and GH-7', /#\d|GH-\d/],
    ['an image', '![x](http://tracker.example/p.png)', /\]\(|:\/\//],
  ])('takes the effect off %s', (_, text, effect) => {
    expect(text).toMatch(effect);
    const lines = withBox(text).split('\n');
    expect(lines.find((line) => line.startsWith('- [x] B'))).not.toMatch(effect);
  });

  it('keeps a command whole in a code span, whatever backticks it has', () => {
    const { body } = pullRequestContent(
      input({ verification: [{ command: 'echo `date` ``', outcome: 'exit 1', ok: false }] }),
    );
    expect(body).toContain('- ❌ ``` echo `date` `` ```: exit 1');
  });

  it('stays within its size whatever the task holds, and says what is left out', () => {
    const boxes = Array.from({ length: 5000 }, (_, n) => ({
      id: `B${n}`,
      text: 'ö'.repeat(300),
      checked: false,
    }));
    const pr = { bodyTemplate: '漢'.repeat(30_000) };
    const { body } = pullRequestContent(
      input({ boxes, summary: 'y'.repeat(1e6), task: { taskId: 't', title: 't', pr } }),
    );
    expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(MAX_BODY_BYTES);
    expect(body).toMatch(/… \d+ more lines are left out here/);
    expect(body.trimEnd().endsWith(SECTION_END)).toBe(true);
  });
});

describe('an update of a body', () => {
  const made = (text: string): string => `T\n${SECTION_BEGIN}${text}${SECTION_END}\n`;
  it('replaces the section of the runner and keeps the rest', () => {
    expect(mergeBody(`Mine\n${SECTION_BEGIN}old${SECTION_END} after`, made('new'))).toBe(
      `Mine\n${SECTION_BEGIN}new${SECTION_END} after`,
    );
  });
  it('takes the new body whole where the markers are gone', () => {
    expect(mergeBody('Mine', made('new'))).toBe(made('new'));
    expect(mergeBody(`${SECTION_BEGIN} cut`, made('new'))).toBe(made('new'));
  });
});
