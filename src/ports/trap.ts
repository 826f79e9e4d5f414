/** A listener on every address of this machine that a sandbox could try. */
export interface Trap {
  /** Host names and addresses, without loopback. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** Connections that came in, without those of `prove`. */
  readonly hits: number;
  /** Connects to each address from here. Throws `config` when one cannot be reached: such a trap would prove nothing. */
  prove(): Promise<void>;
  close(): Promise<void>;
}
