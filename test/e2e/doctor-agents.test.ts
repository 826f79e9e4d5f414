import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { agentFindings } from '../../src/compose/agents.ts';

const dir = mkdtempSync(join(tmpdir(), 'ralph-doctor-'));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('doctor shows the agents of this machine with their versions, and which are not there', async () => {
  const program = join(dir, 'claude');
  writeFileSync(program, "#!/bin/sh\nprintf '9.9.9 \\033[31m(Claude)\\n'\n");
  chmodSync(program, 0o755);
  const found = await agentFindings({ PATH: [dir, '/usr/bin', '/bin'].join(delimiter) });
  expect(found[0]).toEqual({ level: 'ok', what: 'agent claude: 9.9.9 (Claude)' });
  expect(found[3]).toEqual({
    level: 'ok',
    what: 'agent gemini: not on this machine (backend local cannot use it)',
  });
});
