import { expect, it } from 'vitest';
import { makeGithubWorld } from '../fakes/github-world.ts';
import { openScreen } from '../fakes/screen.ts';
import { answer, answers } from '../fakes/world.ts';

const LIST = 'GET /repos/{owner}/{repo}/pulls';
const script = answers(answer([{ type: 'write', path: 'file.txt', content: 'good\n' }], ['M1.1', 'M1.2']));
const COUNT = /^waiting (\dm \d\ds) · rate limit of the forge$/;

const countIn = (lines: readonly string[]): string | undefined =>
  lines.map((line) => COUNT.exec(line)?.[1]).find((left) => left !== undefined);

it(
  'a rate limit is counted down wherever one looks, and gives way to an order',
  { timeout: 180_000 },
  async (test) => {
    const { github, world, makeRun } = await makeGithubWorld(test, { script });
    const id = await makeRun();
    const limit = { status: 403, message: 'You have exceeded a secondary rate limit.', times: 9 };
    github.fault(LIST, { ...limit, headers: { 'retry-after': '600' } });
    const here = openScreen(world, ['resume', id, '-f'], { columns: 200 });
    const first = countIn(await here.until((lines) => countIn(lines) !== undefined, 'a countdown', 60_000));
    await here.until((lines) => ![undefined, first].includes(countIn(lines)), 'the next second');
    // The entry itself stands in the log with what was left then, for those who have no terminal.
    expect(here.screen().join('\n')).toMatch(
      /status +waiting · rate limit of the forge .*rate limit until 20.* · \d+m \d\ds$/m,
    );
    expect((await world.cli(['ls'])).stdout).toMatch(/waiting \dm \d\ds · rate limit of the forge/);
    expect((await world.cli(['show', id])).stdout).toMatch(
      /^status +waiting \dm \d\ds · rate limit of the forge/m,
    );
    expect((await world.cli(['top', '--width', '200'])).stdout).toMatch(/waiting \dm \d\ds · rate limit/);
    const screen = openScreen(world, [], { columns: 200 });
    const shown = (lines: readonly string[]) => /waiting (\dm \d\ds) · rate/.exec(lines.join('\n'))?.[1];
    const before = shown(await screen.until((lines) => shown(lines) !== undefined, 'it in the list'));
    await screen.until((lines) => ![undefined, before].includes(shown(lines)), 'it a second later');
    screen.press('q');
    await screen.ended;
    expect((await world.cli(['pause', id])).code).toBe(0);
    expect((await here.ended).code).toBe(3);
    expect(countIn(here.screen())).toBeUndefined();
  },
);
