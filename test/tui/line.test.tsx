import { render } from 'ink-testing-library';
import { expect, it } from 'vitest';
import { Line } from '../../src/tui/widgets/line.tsx';

it('draws spans as one line of exactly the width, cut with an ellipsis', () => {
  const { lastFrame } = render(<Line width={12} spans={[{ text: 'hello ' }, { text: 'wide 世界 world' }]} />);
  expect(lastFrame()).toBe('hello wide …');
});
