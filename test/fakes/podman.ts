import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const isRequired = (process.env['RALPH_REQUIRE_BACKENDS'] ?? '').split(',').includes('podman');

const answers = (): boolean => {
  try {
    execFileSync('podman', ['version'], { stdio: 'ignore', timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
};

/** For `describe.skipIf`: a skip that everybody sees, and no skip at all where Podman is required. */
export const noPodman = !isRequired && !answers();

/** Whether images can be made here without a registry. */
export const noRootfs =
  noPodman ||
  (!isRequired && !(process.env['PATH'] ?? '').split(':').some((dir) => existsSync(`${dir}/mmdebstrap`)));
