import { Refusal } from '../refusal.ts';
import type { Story } from '../story.ts';

const PAGE = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

/** The error page of a proxy in front; nothing has happened behind it. */
export const html500: Story = { refuse: () => new Refusal(502, PAGE) };
