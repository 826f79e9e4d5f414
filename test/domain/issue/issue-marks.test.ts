import { describe, expect, it } from 'vitest';
import { markIssue } from '../../../src/domain/issue/issue-marks.ts';

const body =
  'branch: x\r\n\r\n### Step 1: Build it\r\n\r\ntext  \r\n- [ ] S1.1 a box\r\n### Step 2: Ship it [DONE]  \n```\n- [ ] a box\n```\n* [X] done thing <!-- kept -->\n**Step 3: In bold**';

describe('marking an issue', () => {
  it('marks steps and boxes and changes nothing else', () => {
    const marked = markIssue(body, [
      { text: 'Build it', isDone: true },
      { text: 'a box', isDone: true },
      { text: 'done thing', isDone: true },
      { text: 'In bold', isDone: true },
    ]);
    expect(marked).toBe(
      body
        .replace('Build it\r', 'Build it [DONE]\r')
        .replace('- [ ] S1.1', '- [x] S1.1')
        .replace('**Step 3: In bold**', '**Step 3: In bold** [DONE]'),
    );
    expect(markIssue(marked, [{ text: 'Build it', isDone: true }])).toBe(marked);
  });

  it('takes a mark back', () => {
    expect(markIssue(body, [{ text: 'Ship it', isDone: false }])).toBe(body.replace(' [DONE]', ''));
    expect(markIssue('**Step 3: In bold** [DONE]', [{ text: 'In bold', isDone: false }])).toBe(
      '**Step 3: In bold**',
    );
  });

  it('leaves alone what is there twice, or no more', () => {
    const twice = '- [ ] same\n- [ ] same\n';
    expect(markIssue(twice, [{ text: 'same', isDone: true }])).toBe(twice);
    expect(markIssue(twice, [{ text: 'gone', isDone: true }])).toBe(twice);
  });
});
