/** The schema mark in `run.json`: a `.ralph/` with another one, or none, is not ours (state.md). */
export const SCHEMA = 'ralph-fleet/1';
