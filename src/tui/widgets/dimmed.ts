import { createContext } from 'react';

/** True below a box that has the keys: lines are drawn dim and without colours. */
export const Dimmed = createContext(false);
