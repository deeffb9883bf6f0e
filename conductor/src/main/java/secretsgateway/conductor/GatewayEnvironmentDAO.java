package secretsgateway.conductor;

import com.fasterxml.jackson.databind.JsonNode;
import com.netflix.conductor.common.metadata.EnvironmentVariable;
import com.netflix.conductor.core.exception.TransientException;
import com.netflix.conductor.dao.EnvironmentDAO;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads environment variables from the gateway. Caches them for five seconds, or for at most one minute if the
 * gateway does not respond.
 */
final class GatewayEnvironmentDAO implements EnvironmentDAO {

    private static final long FRESH_MS = 5_000;
    private static final long USABLE_MS = 60_000;
    private static final String READ_ONLY =
            "Environment variables are changed in the secrets gateway, not in the Conductor server.";

    private final GatewayClient gateway;
    private Map<String, String> variables;
    private long readAt;
    private long askedAt;

    GatewayEnvironmentDAO(GatewayClient gateway) {
        this.gateway = gateway;
    }

    @Override
    public String getEnvVariable(String name) {
        return current().get(name);
    }

    @Override
    public List<EnvironmentVariable> getAll() {
        return current().entrySet().stream().map(e -> EnvironmentVariable.of(e.getKey(), e.getValue())).toList();
    }

    @Override
    public void setEnvVariable(String name, String value) {
        throw new UnsupportedOperationException(READ_ONLY);
    }

    @Override
    public void delete(String name) {
        throw new UnsupportedOperationException(READ_ONLY);
    }

    private synchronized Map<String, String> current() {
        long now = System.currentTimeMillis();
        if (variables != null && now - askedAt < FRESH_MS && now - readAt < USABLE_MS) return variables;
        askedAt = now;
        try {
            variables = read();
            readAt = now;
        } catch (GatewayException e) {
            if (variables == null || now - readAt >= USABLE_MS)
                throw new TransientException("The environment variables could not be read. " + e.getMessage());
        }
        return variables;
    }

    private Map<String, String> read() {
        Map<String, String> read = new LinkedHashMap<>();
        JsonNode answer = variables == null ? gateway.get("/environment") : gateway.getOnce("/environment");
        for (JsonNode variable : answer) read.put(variable.path("name").asText(), variable.path("value").asText());
        return read;
    }
}
