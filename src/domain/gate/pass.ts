/** What each pass of a gate begins with: commands may print theirs, and no log has to keep it. */
export const PASS_PREFIX = 'ralph_pass_';
