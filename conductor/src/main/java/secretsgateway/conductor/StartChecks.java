package secretsgateway.conductor;

import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.env.EnvironmentPostProcessor;
import org.springframework.core.env.ConfigurableEnvironment;

/** Checks the settings and the engine before the engine creates any bean. */
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
        try {
            GatewaySettings.read(environment::getProperty);
        } catch (StartRefused invalid) {
            reasons.add(invalid.getMessage());
        }
        if (!reasons.isEmpty()) throw new StartRefused(reasons);
    }
}
