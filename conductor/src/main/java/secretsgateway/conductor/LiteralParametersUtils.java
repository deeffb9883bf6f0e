package secretsgateway.conductor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.netflix.conductor.core.utils.ParametersUtils;
import com.netflix.conductor.dao.EnvironmentDAO;
import java.util.Map;

/**
 * Replaces the engine's own resolving of secrets. Polled tasks leave the engine with their references as written, and the
 * engine stores no secret value while a task runs.
 */
final class LiteralParametersUtils extends ParametersUtils {

    LiteralParametersUtils(ObjectMapper json, EnvironmentDAO environment) {
        super(json, environment, null);
    }

    /** INVARIANT: the engine never resolves a reference by itself, because the engine resolves references in data too. */
    @Override
    public Map<String, Object> substituteSecrets(Map<String, Object> input) {
        return input;
    }
}
