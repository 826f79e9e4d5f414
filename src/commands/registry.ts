import { authGithub } from './auth.ts';
import { init, lint } from './author.ts';
import type { Command } from './define.ts';
import { prune } from './prune.ts';
import { adopt, supervisorRun, supervisorScale, supervisorStatus, supervisorStop } from './fleet.ts';
import { demo } from './demo.ts';
import { imageBuild, imageList, imageRemove } from './image.ts';
import { poll, review } from './intake.ts';
import { launch, run } from './launch.ts';
import { diff, iterations, logs, ls, show } from './look.ts';
import { proxy } from './proxy.ts';
import { openScreen } from './open-screen.ts';
import { fleetExport, top } from './snapshot.ts';
import { selftest } from './selftest.ts';
import { configGet, configSet, configShow, doctor, models } from './set-up.ts';
import { tokenCheck, tokenGet, tokenRemove, tokenSet } from './token.ts';
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
  selftest,
  imageBuild,
  imageList,
  imageRemove,
  authGithub,
  tokenCheck,
  tokenGet,
  tokenSet,
  tokenRemove,
  proxy,
  models,
  configGet,
  configSet,
  configShow,
];
