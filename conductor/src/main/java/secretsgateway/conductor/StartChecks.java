package secretsgateway.conductor;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Checks the settings, the engine and the access key before the engine creates any bean. If a check fails, the process
 * ends, because the engine has started no thread yet.
 */
final class StartChecks implements EnvironmentPostProcessor {

    static final String TYPE = "conductor.secrets.type";
    static final String GATEWAY = "gateway";

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        if (!GATEWAY.equals(environment.getProperty(TYPE))) return;
        boolean allowUnknown =
                "true".equals(environment.getProperty(GatewaySettings.PREFIX + "allow-unknown-version"));
        List<String> reasons =
                new ArrayList<>(EngineContract.violations(application.getClassLoader(), allowUnknown));
        GatewaySettings settings = null;
        try {
            settings = GatewaySettings.read(environment::getProperty);
        } catch (StartRefused invalid) {
            reasons.add(invalid.getMessage());
        }
        if (!reasons.isEmpty()) throw new StartRefused(reasons);
        checkConnection(settings);
    }

    private static void checkConnection(GatewaySettings settings) {
        try {
            GatewayConnection.check(new GatewayClient(settings, new ObjectMapper()), settings);
        } catch (GatewayException.Unavailable e) {
            // GatewayConnection reports that the gateway is unavailable, and repeats the check.
        }
    }
}
