import { z } from 'zod';
import { singleLine } from '../domain/terminal.ts';
import { defineCommand } from './define.ts';

export const authGithub = defineCommand({
  id: 'auth.github',
  title: 'Check what the GitHub credential may do in a repository, and what is missing',
  group: 'Set up',
  args: z.object({
    repo: z
      .string()
      .max(2000)
      .optional()
      .describe('OWNER/REPO or its address; the origin of this repository when left out')
      .meta({ value: 'REPO' }),
  }),
  cli: { path: 'auth github', positional: ['repo'] },
  looksOnly: true,
  examples: ['auth github acme/widget'],
  run: async ({ app, out }, { repo }) => {
    const engine = await app.engine();
    const findings = await engine.checkScm(repo);
    if (out.asJson) out.json(findings);
    else
      for (const f of findings) {
        out.print(`${f.level.padEnd(4)}  ${singleLine(f.what, 400)}`);
        if (f.hint !== undefined && f.level !== 'ok') out.print(`      ${singleLine(f.hint, 400)}`);
      }
    return findings.some((f) => f.level === 'fail') ? 1 : 0;
  },
});
