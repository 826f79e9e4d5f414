/**
 * What a sandbox may reach. `none`: nothing but itself. `proxy`: itself and the run's gate (its model, package
 * registries). `full`: whatever the machine reaches.
 */
export const networkModes = ['none', 'proxy', 'full'] as const;
export type NetworkMode = (typeof networkModes)[number];
