import type { ContainerBackend, ImageInfo } from '../domain/image.ts';

export interface ImageBuild {
  /** Base image; left out, Node LTS on Debian. */
  readonly from?: string;
  /** No registry: Debian's packages by mmdebstrap, Node of this machine. */
  readonly rootfs?: boolean;
  /** Also when an image of the same content is there. */
  readonly rebuild?: boolean;
  /** npm packages of agent CLIs. */
  readonly agents: readonly string[];
  readonly onLine: (line: string) => void;
  readonly signal?: AbortSignal;
}
export interface BuiltImage {
  /** By its content hash. */
  readonly name: string;
  readonly image: ImageInfo;
  readonly built: boolean;
}
/** A container with a label of ours. */
export interface StoredContainer {
  readonly id: string;
  readonly name: string;
  readonly running: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** What it takes on disk above its image; undefined where the engine does not say. */
  readonly bytes: number | undefined;
}
/** What Podman or Docker keeps on disk. Everything throws RalphError `sandbox.unavailable` when the engine is not there. */
export interface ContainerStore {
  readonly backend: ContainerBackend;
  /** Images of ours, newest first. */
  images(): Promise<readonly ImageInfo[]>;
  /** Any image by name or id; undefined when it is not there. */
  image(name: string): Promise<ImageInfo | undefined>;
  /** Whether this version would build another image from the same recipe; false for what is not ours. */
  isOutdated(image: ImageInfo): boolean;
  build(build: ImageBuild): Promise<BuiltImage>;
  /** Never by force: false when a container or another image still needs it. */
  removeImage(image: ImageInfo): Promise<boolean>;
  /** Containers of runs of one state folder (labels `ralph.run`, `ralph.fleet`): what others keep there is not looked at. */
  containers(fleet: string): Promise<readonly StoredContainer[]>;
  /** Ends what runs in it. Twice is once. */
  removeContainer(id: string): Promise<void>;
}
