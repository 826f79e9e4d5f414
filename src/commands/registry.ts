import { authGithub } from './auth.ts';
import { init, lint } from './author.ts';
import type { Command } from './define.ts';
import { adopt, prune, supervisorRun, supervisorScale, supervisorStatus, supervisorStop } from './fleet.ts';
import { demo } from './demo.ts';
import { poll, review } from './intake.ts';
import { launch, run } from './launch.ts';
import { diff, iterations, logs, ls, show } from './look.ts';
import { openScreen } from './open-screen.ts';
import { fleetExport, top } from './snapshot.ts';
import { configGet, configSet, configShow, doctor, models } from './set-up.ts';
import {
  apply,
  debug,
  diagnose,
  guardrail,
  model,
  note,
  pause,
  resume,
  rotate,
  spec,
  stop,
} from './steer.ts';

/** Order is the order of `--help`, of the help overlay and of the README's table. */
export const commands: readonly Command[] = [
  demo,
  init,
  lint,
  run,
  launch,
  poll,
  pause,
  resume,
  rotate,
  stop,
  model,
  note,
  guardrail,
  spec,
  diagnose,
  apply,
  debug,
  review,
  openScreen,
  ls,
  top,
  fleetExport,
  show,
  logs,
  diff,
  iterations,
  supervisorStatus,
  supervisorStop,
  supervisorScale,
  supervisorRun,
  adopt,
  prune,
  doctor,
  authGithub,
  models,
  configGet,
  configSet,
  configShow,
];
