/** Adds up cents. */
export function sum(cents) {
  return cents.reduce((total, one) => total + one, 0);
}

/** Cents as people read them: 123456 is "1,234.56". */
export function formatMoney(cents) {
  return String(cents / 100);
}
