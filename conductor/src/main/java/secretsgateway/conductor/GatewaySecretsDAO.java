package secretsgateway.conductor;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.conductoross.conductor.dao.SecretsDAO;
import org.conductoross.conductor.model.secret.CredentialMeta;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Returns only the names of secrets to the engine. Only tasks get secret values, and only from the gateway. */
final class GatewaySecretsDAO implements SecretsDAO {

    private static final Logger LOGGER = LoggerFactory.getLogger(GatewaySecretsDAO.class);
    private static final String READ_ONLY = "Secrets are changed in the secrets gateway, not in the Conductor server.";

    private final GatewayClient gateway;
    private final AtomicBoolean explained = new AtomicBoolean();

    GatewaySecretsDAO(GatewayClient gateway) {
        this.gateway = gateway;
    }

    /** INVARIANT: no caller gets a value, because this call names neither a workflow nor a task to record. */
    @Override
    public String getSecret(String name) {
        if (explained.compareAndSet(false, true))
            LOGGER.info("The engine asked for a secret by its name. The secrets gateway resolves secrets only for a task.");
        return null;
    }

    @Override
    public boolean secretExists(String name) {
        return listSecretNames().contains(name);
    }

    @Override
    public List<String> listSecretNames() {
        List<String> names = new ArrayList<>();
        for (JsonNode name : gateway.post("/secrets", Map.of())) names.add(name.asText());
        return names;
    }

    @Override
    public void putSecret(String name, String value) {
        throw new UnsupportedOperationException(READ_ONLY);
    }

    @Override
    public void deleteSecret(String name) {
        throw new UnsupportedOperationException(READ_ONLY);
    }

    @Override
    public List<CredentialMeta> listWithMeta() {
        return listSecretNames().stream().map(name -> CredentialMeta.builder().name(name).partial("").build()).toList();
    }
}
