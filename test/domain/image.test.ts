import { describe, expect, it } from 'vitest';
import { agentPackagesOf, oldImages, pickDefault, type ImageInfo } from '../../src/domain/image.ts';

const image = (id: string, more: Partial<ImageInfo> = {}): ImageInfo => ({
  id,
  names: [`localhost/ralph-default:${id}`],
  createdAt: `2026-01-0${id}T00:00:00.000Z`,
  bytes: 1,
  kind: 'default',
  hash: id,
  recipe: { method: 'rootfs', base: 'localhost/ralph-rootfs:trixie', agents: [] },
  ...more,
});

describe('the image of runs that name none', () => {
  it('is the one that was built last, under its content hash and never as latest', () => {
    const first = image('1', { names: ['localhost/ralph-default:latest', 'localhost/ralph-default:1'] });
    expect(pickDefault([image('2'), first])).toEqual({ name: 'localhost/ralph-default:1', image: first });
  });
  it('is the newest where none is called latest, and never one that only looks like ours', () => {
    expect(pickDefault([image('1'), image('3'), image('2')])?.name).toBe('localhost/ralph-default:3');
    expect(
      pickDefault([image('4', { kind: undefined }), image('5', { names: ['other:5'] })]),
    ).toBeUndefined();
  });
});

describe('old images', () => {
  it('are all of ours but the current one and its base', () => {
    const base = image('6', { names: ['localhost/ralph-rootfs:trixie'], kind: 'rootfs' });
    const foreign = image('7', { kind: undefined });
    expect(oldImages([image('1'), image('2'), base, foreign]).map(({ id }) => id)).toEqual(['1']);
  });
  it('are bases alone too, once nothing is built on them', () => {
    const base = image('6', { names: ['localhost/ralph-rootfs:trixie'], kind: 'rootfs' });
    expect(oldImages([base]).map(({ id }) => id)).toEqual(['6']);
  });
});

describe('agents of an image', () => {
  it('are named by agent, with a version where one is wanted', () => {
    expect(agentPackagesOf('codex@0.169.0, claude,claude')).toEqual([
      '@anthropic-ai/claude-code',
      '@openai/codex@0.169.0',
    ]);
    expect(agentPackagesOf('')).toEqual([]);
  });
  it.each(['actions', 'left-pad', 'claude@', 'claude@../x', 'claude@1@2', 'claude@https://x', 'constructor'])(
    'are never a package of somebody else: %s',
    (text) => expect(() => agentPackagesOf(text)).toThrow('no agent to put into an image'),
  );
});
