import type { z } from 'zod';
import type { Order } from '../domain/control.ts';
import { selectRuns } from '../domain/select.ts';
import type { Ack, App, RunInfo } from './app.ts';
import type { CommandContext, selector } from './define.ts';
import { selectable } from './selectable.ts';

const words: Record<Ack['kind'], string> = {
  accepted: 'acknowledged',
  refused: 'refused',
  waiting: 'not acknowledged yet: the control waits in the inbox',
};

/** Sends one order to each chosen run and says what each made of it. 1 when one refused, did not answer, or ran a command that failed. */
export const send = async (
  { app, out }: CommandContext,
  runs: readonly RunInfo[],
  orderFor: (run: RunInfo) => Order | Promise<Order>,
): Promise<number> => {
  let code = 0;
  for (const run of runs) {
    const order = await orderFor(run);
    const ack = await app.steer(run.id, order);
    if (ack.kind !== 'accepted' || ack.failed) code = 1;
    const detail = 'detail' in ack && ack.detail ? `: ${ack.detail}` : '';
    if (out.asJson) out.json({ run: run.id, order: order.kind, ...ack });
    else out.print(`${run.id}  ${order.kind} ${words[ack.kind]}${detail}`);
    if (ack.kind === 'accepted') await afterwards(app, run, order);
  }
  return code;
};

/** A run that was resumed while nobody worked on it goes to the supervisor. */
const afterwards = async (app: App, run: RunInfo, order: Order): Promise<void> => {
  if (order.kind !== 'resume') return;
  app.supervisor.enqueue(run.id);
  await app.supervisor.ensure();
};

/** The runs that the arguments name. Throws `usage` and `run.not-found`. */
export const chosen = (context: CommandContext, args: z.output<typeof selector>): readonly RunInfo[] =>
  selectRuns(selectable(context.app.runs()), args).map((s) => s.info);
