import type { Toast } from './ui-state.ts';

const SHORT_MS = 4_000;
const LONG_MS = 10_000;
const MOST = 4;

export const withToast = (
  toasts: readonly Toast[],
  toast: Pick<Toast, 'text' | 'tone'>,
  now: number,
): readonly Toast[] => {
  const id = (toasts.at(-1)?.id ?? 0) + 1;
  const until = now + (toast.tone === 'bad' || toast.tone === 'warn' ? LONG_MS : SHORT_MS);
  return [...toasts.filter((one) => one.text !== toast.text), { ...toast, id, until }].slice(-MOST);
};

export const withoutOld = (toasts: readonly Toast[], now: number): readonly Toast[] =>
  toasts.some((toast) => toast.until <= now) ? toasts.filter((toast) => toast.until > now) : toasts;
