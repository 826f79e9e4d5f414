import type { SettingKey, SettingOrigin, SettingScope, SettingValues } from '../domain/settings.ts';

/** Flags > environment (`RALPH_*`) > project (`ralph.yaml`) > user (`config.json`) > default. */
export interface Settings {
  get<K extends SettingKey>(key: K): SettingValues[K];
  origin(key: SettingKey): SettingOrigin;
  /** Writes the file of that scope; text is read as the setting's type. Throws `config` (bad value), `usage` (not for a project, no project), `disk`. */
  set(key: SettingKey, value: unknown, scope: SettingScope): Promise<void>;
  all(): readonly { readonly key: SettingKey; readonly value: unknown; readonly origin: SettingOrigin }[];
  /** Things found in the files that were left out of account: unknown keys, and keys a project may not set. */
  readonly warnings: readonly string[];
  /** Absolute paths, there or not; `project` is undefined outside of a repository. */
  readonly files: { readonly user: string; readonly project: string | undefined };
}
