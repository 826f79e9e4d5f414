import { afterEach, expect, it } from 'vitest';
import { makeWorld, type World } from '../fakes/world.ts';

let world: World;
afterEach(() => world.destroy());

const nobody = 'unix:///nonexistent/engine.sock';

it('doctor fails for a backend that is not there only where runs go to it', async () => {
  world = await makeWorld({ script: 'answers: []', env: { DOCKER_HOST: nobody, CONTAINER_HOST: nobody } });
  const engine = await world.app.engine();
  const before = (await engine.doctor()).filter(({ what }) => what.startsWith('docker'));
  expect(before.map(({ level }) => level)).toContain('warn');
  expect(before.map(({ level }) => level)).not.toContain('fail');
  await world.app.settings.set('backend', 'docker', 'user');
  const after = (await engine.doctor()).filter(({ what }) => what.startsWith('docker'));
  expect(after.map(({ level }) => level)).toContain('fail');
});
