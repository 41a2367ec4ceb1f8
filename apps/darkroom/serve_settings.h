// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cluster/process/child_provider.h"
#include "command.h"
#include "control/model_registration.h"
#include "control/scheduler.h"
#include "gateway/access_control.h"
#include "gateway/image_fetcher.h"
#include "http/server.h"
#include "http/tls_context.h"
#include "scheduling/scaling.h"
#include "telemetry/metrics.h"

/// What each part of a server is told of the settings.
namespace darkroom::app {

/// What the table of settings cannot judge: addresses, networks, folders, files. The functions
/// below want options that have passed. Fails with invalid_argument or not_found.
Result<void> check_settings(const ServeOptions& options);
/// Credentials are asked for everywhere but on loopback.
gateway::AccessOptions access_settings(const ServeOptions& options);
control::SchedulerOptions scheduler_settings(const ServeOptions& options);
scheduling::PoolPolicy pool_settings(const ServeOptions& options);
cluster::ChildOptions agent_settings(const ServeOptions& options);
/// Fails with invalid_argument for what is no place or no network.
Result<control::ModelFetching> fetching_settings(const ServeOptions& options);
/// The same for pictures that requests name.
Result<gateway::ImageFetching> image_settings(const ServeOptions& options);
/// Null without TLS. Fails with invalid_argument when one of the files is not named, or as
/// TlsContext::of_server.
Result<std::shared_ptr<const http::TlsContext>> tls_settings(const ServeOptions& options);
/// Raises the process's limit of open files as far as it may. Fails as tls_settings.
Result<http::ServerOptions> listening_settings(
    const ServeOptions& options, telemetry::Metrics& metrics);

}  // namespace darkroom::app
