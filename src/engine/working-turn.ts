import { RalphError } from '../domain/error.ts';
import type { AgentEvent } from '../domain/event.ts';
import type { Turn } from '../ports/agent.ts';
import { emit, theBox, type RunContext } from './run-context.ts';
import { openRelay } from './workspace/relay.ts';

const MAX_SAID = 4 * 1024;
const MAX_WORD = 300;

/** What an agent shows of itself is as hostile as any output: no secret and no flood gets into the log by it. */
const fitForLog = (ctx: RunContext, event: AgentEvent): AgentEvent => {
  const fit = (text: string, max: number): string => ctx.deps.redact(text).slice(0, max).toWellFormed();
  if (event.type === 'agent.said') return { ...event, text: fit(event.text, MAX_SAID) };
  if (event.type === 'agent.tool')
    return { ...event, tool: fit(event.tool, MAX_WORD), label: fit(event.label, MAX_WORD) };
  return event;
};

/** What a turn holds for agents that work in the sandbox by themselves. */
export const workingTurn = (
  ctx: RunContext,
): Pick<Turn, 'gate' | 'gateUrl' | 'limits' | 'command' | 'onEvent'> => {
  const { gate, task } = ctx;
  return {
    gate,
    gateUrl: async () => {
      if (!gate) throw new RalphError('bug', 'this run has no gate');
      const box = theBox(ctx);
      // Where the sandbox has no network, the gate's socket comes up inside as a port of its own.
      return box.gateDir === undefined ? gate.url : (await openRelay(box, ctx.deps.random)).url;
    },
    limits: {
      idleMs: task.agentIdleMinutes * 60_000,
      maxTurns: task.agentMaxTurns,
      leftMs: ctx.state.budgets.maxWallTimeMinutes * 60_000 - ctx.home.journal.up,
    },
    command: task.agentCommand,
    onEvent: (event) => {
      emit(ctx, fitForLog(ctx, event));
    },
  };
};
