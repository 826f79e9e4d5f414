import { writeFileSync } from 'node:fs';

const U32 = 4;
const I32 = 5;
const F32 = 6;
const STRING = 8;
const ARRAY = 9;
const ALIGNMENT = 32;
const EMBEDDING = 64;
const FEED_FORWARD = 128;

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};
const f32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
};
const string = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  return Buffer.concat([u64(bytes.length), bytes]);
};
const entry = (key: string, type: number, value: Buffer): Buffer =>
  Buffer.concat([string(key), u32(type), value]);
const list = (key: string, type: number, items: readonly Buffer[]): Buffer =>
  entry(key, ARRAY, Buffer.concat([u32(type), u64(items.length), ...items]));

// A byte-level vocabulary: three special tokens, then one token for each byte.
const TOKENS = [
  '<unk>',
  '<s>',
  '</s>',
  ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
];
const tokenType = (index: number): number => (index === 0 ? 2 : index < 3 ? 3 : 6);

const metadata = (): readonly Buffer[] => [
  entry('general.architecture', STRING, string('llama')),
  entry('general.name', STRING, string('tiny noise')),
  entry('llama.context_length', U32, u32(4096)),
  entry('llama.embedding_length', U32, u32(EMBEDDING)),
  entry('llama.block_count', U32, u32(1)),
  entry('llama.feed_forward_length', U32, u32(FEED_FORWARD)),
  entry('llama.attention.head_count', U32, u32(4)),
  entry('llama.attention.head_count_kv', U32, u32(4)),
  entry('llama.rope.dimension_count', U32, u32(EMBEDDING / 4)),
  entry('llama.attention.layer_norm_rms_epsilon', F32, f32(1e-5)),
  entry('tokenizer.ggml.model', STRING, string('llama')),
  list('tokenizer.ggml.tokens', STRING, TOKENS.map(string)),
  list(
    'tokenizer.ggml.scores',
    F32,
    TOKENS.map((_, index) => f32(-index)),
  ),
  list(
    'tokenizer.ggml.token_type',
    I32,
    TOKENS.map((_, index) => u32(tokenType(index))),
  ),
  entry('tokenizer.ggml.bos_token_id', U32, u32(1)),
  entry('tokenizer.ggml.eos_token_id', U32, u32(2)),
  entry('tokenizer.ggml.unknown_token_id', U32, u32(0)),
];

const tensors = (): readonly (readonly [name: string, shape: readonly number[]])[] => [
  ['token_embd.weight', [EMBEDDING, TOKENS.length]],
  ['output_norm.weight', [EMBEDDING]],
  ['output.weight', [EMBEDDING, TOKENS.length]],
  ['blk.0.attn_norm.weight', [EMBEDDING]],
  ...['q', 'k', 'v', 'output'].map((part) => [`blk.0.attn_${part}.weight`, [EMBEDDING, EMBEDDING]] as const),
  ['blk.0.ffn_norm.weight', [EMBEDDING]],
  ['blk.0.ffn_gate.weight', [EMBEDDING, FEED_FORWARD]],
  ['blk.0.ffn_up.weight', [EMBEDDING, FEED_FORWARD]],
  ['blk.0.ffn_down.weight', [FEED_FORWARD, EMBEDDING]],
];

const padded = (size: number): number => Math.ceil(size / ALIGNMENT) * ALIGNMENT;

/** Writes a small random model that llama-server loads at once: its answers are noise, but real ones. */
export const writeTinyModel = (path: string): void => {
  const values = metadata();
  const infos: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  let seed = 42;
  for (const [name, shape] of tensors()) {
    const count = shape.reduce((product, size) => product * size, 1);
    infos.push(string(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset));
    const bytes = Buffer.alloc(padded(count * 4));
    for (let index = 0; index < count; index += 1) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      bytes.writeFloatLE(shape.length === 1 ? 1 : (seed / 2 ** 32 - 0.5) * 0.4, index * 4);
    }
    data.push(bytes);
    offset += bytes.length;
  }
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors().length),
    u64(values.length),
    ...values,
    ...infos,
  ]);
  writeFileSync(path, Buffer.concat([head, Buffer.alloc(padded(head.length) - head.length), ...data]));
};
