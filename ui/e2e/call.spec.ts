import { expect, test } from './test';

test('a long call shows its progress and is cancelled', async ({ open, page, gate }) => {
  await gate.addDemo();
  await open('/tools/slow?arguments={"seconds":60,"steps":600}');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await expect(page.getByText(/step \d+ of 600/)).toBeVisible();
  await expect(page.getByRole('progressbar')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel the call' }).click();
  await expect(page.getByText('Cancelled', { exact: true })).toBeVisible();
  const running = await gate.get<{ calls: unknown[] }>('/api/calls');
  expect(running.calls).toEqual([]);
});

test('a structured result is a table where it can be', async ({ open, page, gate, farm }) => {
  const cities = [
    { city: 'Bern', people: 146_000 },
    { city: 'Chur', people: 39_000 },
  ];
  await farm.add(gate, 'atlas', { tools: [{ name: 'cities', result: { structuredContent: { cities } } }] });
  await open('/tools/cities');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  const table = page.getByRole('region', { name: 'Try it' }).getByRole('table');
  await expect(table.getByRole('columnheader', { name: 'people' })).toBeVisible();
  await expect(table.getByRole('row', { name: 'Chur' }).getByRole('cell').nth(1)).toHaveText('39000');
});

test('a number keeps its digits on the way there and back', async ({ open, page, gate }) => {
  await gate.addDemo();
  await open('/tools/add');
  const trial = page.getByRole('region', { name: 'Try it' });
  const fields = trial.getByRole('textbox');
  // A number of JavaScript would round it.
  await fields.nth(0).fill('9007199254740992');
  await fields.nth(1).fill('1');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await expect(page.getByText('Answered', { exact: true })).toBeVisible();
  await expect(trial.getByText('9007199254740993', { exact: true })).toBeVisible();
});

test('a call is repeated in the name in which it was made', async ({ open, page, gate }) => {
  await gate.addDemo();
  await gate.client('claude');
  await open('/tools/echo?arguments={"message":"hi"}');
  await page.getByText('Options', { exact: true }).click();
  const client = page.getByRole('combobox', { name: 'In whose name' });
  await client.selectOption('claude');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await client.selectOption('headgate');
  await page.getByRole('button', { name: 'Call again' }).click();
  await gate.recorded(2);
  const { calls } = await gate.get<{ calls: { client: string }[] }>('/api/activity');
  expect(calls.map((call) => call.client)).toEqual(['claude', 'claude']);
});

test('pictures come from their own bytes, and links are shown whole', async ({ open, page, gate, farm }) => {
  const png =
    'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FAAhKDveksOjmAAAAAElFTkSuQmCC';
  await farm.add(gate, 'studio', {
    tools: [
      {
        name: 'draw',
        result: {
          content: [
            { type: 'text', text: 'Here it is.' },
            { type: 'image', data: png, mimeType: 'image/png' },
            { type: 'resource_link', uri: 'https://elsewhere.example/picture?a=1', name: 'picture' },
          ],
        },
      },
      { name: 'fail', result: { isError: true, content: [{ type: 'text', text: 'no paint left' }] } },
    ],
  });
  await open('/tools/draw');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await expect(page.getByText('Here it is.')).toBeVisible();
  await expect(page.getByText('https://elsewhere.example/picture?a=1')).toBeVisible();
  const picture = page.getByRole('img', { name: 'Picture from the tool' });
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(10);
  await open('/tools/fail');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await expect(page.getByText('no paint left')).toBeVisible();
  await expect(page.getByText('The tool ran and says that it failed:')).toBeVisible();
});

test('what was typed for a tool is there when its form is opened again', async ({ open, page, gate }) => {
  await gate.addDemo();
  await open('/tools/echo');
  const field = page.getByRole('region', { name: 'Try it' }).getByRole('textbox').first();
  await field.fill('half a thought');
  await page.getByRole('link', { name: 'Upstreams' }).click();
  await page.goBack();
  await expect(field).toHaveValue('half a thought');
});
