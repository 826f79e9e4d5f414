export const backends = ['local', 'podman', 'docker', 'lima', 'kubernetes', 'daytona'] as const;
export type BackendId = (typeof backends)[number];
