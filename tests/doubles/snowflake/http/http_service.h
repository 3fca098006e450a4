#pragma once

#include <functional>
#include <stop_token>

#include "doubles/net/connection.h"
#include "doubles/net/server_certificate.h"
#include "doubles/snowflake/http/http_message.h"

namespace dbstow::doubles::snowflake {

using HttpHandler = std::function<HttpResponse(const HttpRequest&, std::stop_token)>;

/// Serves HTTP over TLS on one connection, request after request, until the peer ends, sends what
/// is no request, or is silent for two minutes.
void ServeHttps(Connection& connection, const ServerCertificate& certificate,
                const HttpHandler& handler, std::stop_token stop);

}  // namespace dbstow::doubles::snowflake
