import type { AgentId } from '../../domain/spec/task.ts';
import type { TurnOutcome } from '../../ports/agent.ts';

/** What is to be done about a session of the test that did not say ok: for each thing that can be wrong, its own. */
export const agentHint = (agent: AgentId, outcome: TurnOutcome): string => {
  switch (outcome.kind) {
    case 'rate-limited':
      return 'the credential is good and the way is open; the provider takes no calls now: try again later';
    case 'over-budget':
      return 'it asked for more than a test may cost: its prompt or the list of its tools is very long';
    case 'failed':
      if (outcome.pause === 'token expired')
        return 'the provider was reached and does not take the credential: `ralph token check` says where it is from, `ralph token set` gives another';
      if (outcome.fatal)
        return `put it where the sandbox finds it: ralph image build --agents ${agent}; for backend local, on this machine`;
      return 'the agent runs and its call got no answer: is the provider reachable from this machine, and the address in its *_BASE_URL the right one?';
    default:
      return `the agent ran and did not do as it was told: try \`${agent} --version\` in the image`;
  }
};
