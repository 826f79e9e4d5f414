/** How a process ended. Never collapse this to a number: a killed process is not exit 0. */
export type Exit =
  | { readonly kind: 'code'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'cancelled' };

export const succeeded = (exit: Exit): boolean => exit.kind === 'code' && exit.code === 0;

/** One short phrase for people: `exit 1`, `killed by SIGKILL`, `timed out`. */
export const describeExit = (exit: Exit): string => {
  switch (exit.kind) {
    case 'code':
      return `exit ${exit.code}`;
    case 'signal':
      return `killed by ${exit.signal}`;
    case 'timeout':
      return 'timed out';
    case 'cancelled':
      return 'cancelled';
  }
};
