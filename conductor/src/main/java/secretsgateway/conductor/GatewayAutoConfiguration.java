package secretsgateway.conductor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.netflix.conductor.core.dal.ExecutionDAOFacade;
import com.netflix.conductor.core.execution.WorkflowExecutor;
import com.netflix.conductor.core.execution.mapper.TaskMapper;
import com.netflix.conductor.core.execution.tasks.WorkflowSystemTask;
import com.netflix.conductor.core.listener.WorkflowStatusListener;
import com.netflix.conductor.core.utils.ParametersUtils;
import com.netflix.conductor.dao.EnvironmentDAO;
import com.netflix.conductor.dao.ExecutionDAO;
import com.netflix.conductor.dao.IndexDAO;
import org.conductoross.conductor.dao.SecretsDAO;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.context.annotation.Primary;
import org.springframework.core.env.Environment;

/** The beans of this module. The engine uses these beans if {@code conductor.secrets.type=gateway}. */
@AutoConfiguration
@ConditionalOnProperty(name = StartChecks.TYPE, havingValue = StartChecks.GATEWAY)
class GatewayAutoConfiguration {

    private static final String ARCHIVAL_DELAY = "conductor.workflow-status-listener.archival.delaySeconds";
    private static final String UPDATE_DELAY = "conductor.app.asyncUpdateDelaySeconds";

    @Bean
    GatewaySettings gatewaySettings(Environment environment) {
        return GatewaySettings.read(environment::getProperty);
    }

    @Bean
    GatewayClient gatewayClient(GatewaySettings settings, ObjectMapper json) {
        return new GatewayClient(settings, json);
    }

    @Bean
    GatewayConnection gatewayConnection(GatewayClient gateway, GatewaySettings settings) {
        return new GatewayConnection(gateway, settings);
    }

    @Bean
    TaskGateway taskGateway(GatewayClient gateway, ObjectMapper json) {
        return new TaskGateway(gateway, json);
    }

    @Bean
    static SystemTaskProxies systemTaskProxies(BeanFactory beans) {
        return new SystemTaskProxies(beans);
    }

    @Bean
    SmartInitializingSingleton systemTaskProxiesCheck(ApplicationContext context) {
        return SystemTaskProxies.check(context);
    }

    @Bean
    @Primary
    ParametersUtils literalParametersUtils(ObjectMapper json, EnvironmentDAO environment, BeanFactory beans) {
        return new LiteralParametersUtils(json, environment, () -> beans.getBean(WorkflowExecutor.class));
    }

    @Bean
    @Primary
    SecretsDAO gatewaySecretsDAO(GatewayClient gateway) {
        return new GatewaySecretsDAO(gateway);
    }

    @Bean
    @Primary
    @ConditionalOnProperty(name = "conductor.environment.type", havingValue = StartChecks.GATEWAY, matchIfMissing = true)
    EnvironmentDAO gatewayEnvironmentDAO(GatewayClient gateway) {
        return new GatewayEnvironmentDAO(gateway);
    }

    @Bean(UpdateSecretTask.TYPE)
    WorkflowSystemTask updateSecretTask(BeanFactory beans) {
        return new UpdateSecretTask(() -> beans.getBean(TaskGateway.class));
    }

    @Bean
    TaskMapper updateSecretTaskMapper(@Lazy ParametersUtils parameters) {
        return new UpdateSecretTaskMapper(parameters);
    }

    @Bean
    @ConditionalOnProperty(name = "conductor.workflow-status-listener.type", havingValue = StartChecks.GATEWAY)
    WorkflowStatusListener archiveListener(
            GatewayClient gateway,
            ExecutionDAOFacade executions,
            ExecutionDAO store,
            IndexDAO index,
            Environment environment) {
        long fallback = environment.getProperty(UPDATE_DELAY, Long.class, 60L);
        return new ArchiveListener(
                gateway, executions, store, index, environment.getProperty(ARCHIVAL_DELAY, Long.class, fallback));
    }
}
