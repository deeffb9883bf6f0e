/** Creates a GraphQL client for the gateway at `url`. The client throws an Error if an answer contains errors. */
export function gatewayClient(url: string, token?: string) {
  // biome-ignore lint/suspicious/noExplicitAny: the shape of an answer depends on the query
  return async (query: string, variables: Record<string, unknown> = {}): Promise<any> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
    if (errors !== undefined) throw new Error(`The gateway answered with errors: ${JSON.stringify(errors)}`);
    return data;
  };
}

export type GatewayClient = ReturnType<typeof gatewayClient>;
