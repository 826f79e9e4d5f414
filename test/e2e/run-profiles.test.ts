import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { answer, answers, makeWorld, taskFile, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

it('offers a run the profiles that it was made with, whatever the user has now', async () => {
  world = await makeWorld({ script: answers(answer([])) });
  const modelsFile = join(world.dir, 'other.yaml');
  const script = join(world.dir, 'script.yaml');
  writeFileSync(modelsFile, `profiles:\n  theirs:\n    litellm_model: scripted/${script}\n`);
  const engine = await world.app.engine();
  const taskText = taskFile({ test: 'true' }).replace(/^---\n/, `---\nrepo_url: ${world.remote}\n`);
  const made = await engine.createRun({
    taskText,
    folder: world.repo,
    backend: 'local',
    profile: 'theirs',
    modelsFile,
  });
  const names = async (run?: string) => (await engine.profiles(run)).map((profile) => profile.name);
  expect(await names(made.id)).toContain('theirs');
  expect(await names()).not.toContain('theirs');
});
