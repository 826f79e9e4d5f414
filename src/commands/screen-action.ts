/** Tabs of the run screen in their order (spec 16.1); the keys 1 to 9 open them. */
export const runTabs = [
  'overview',
  'logs',
  'diff',
  'spec',
  'guardrails',
  'notes',
  'iterations',
  'diagnostics',
  'sandbox',
] as const;
export type RunTab = (typeof runTabs)[number];

export type Step = 'up' | 'down' | 'half-up' | 'half-down' | 'page-up' | 'page-down' | 'top' | 'bottom';

/** What a list or a pane of the screen can be told. */
export type PaneAction =
  | { readonly kind: 'move'; readonly step: Step }
  /** To the left or right neighbour: the next file, part or column. */
  | { readonly kind: 'side'; readonly by: 1 | -1 }
  | { readonly kind: 'enter' }
  /** A switch of that pane: `wrap`, `follow`, `kind`, … */
  | { readonly kind: 'toggle'; readonly what: string }
  | { readonly kind: 'search'; readonly text: string }
  | { readonly kind: 'search-step'; readonly by: 1 | -1 }
  /** A number that was asked for: jump to that iteration. */
  | { readonly kind: 'jump'; readonly iteration: number };

/** A text that is typed in the bottom line. */
export type FieldKind = 'filter' | 'search' | 'jump';
export type OverlayKind = 'help' | 'new-run' | 'output' | 'palette';

/** Everything that a key can do to the screen itself; nothing in it touches a run. */
export type ScreenAction =
  | PaneAction
  | { readonly kind: 'open' }
  | { readonly kind: 'back' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'tab'; readonly to: RunTab | 1 | -1 }
  | { readonly kind: 'select' }
  | { readonly kind: 'select-all' }
  | { readonly kind: 'sort' }
  | { readonly kind: 'group' }
  | { readonly kind: 'preview' }
  | { readonly kind: 'mouse' }
  | { readonly kind: 'copy' }
  | { readonly kind: 'export' }
  | { readonly kind: 'field'; readonly field: FieldKind }
  | { readonly kind: 'overlay'; readonly overlay: OverlayKind };
