#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "doubles/net/connection.h"
#include "doubles/sqlserver/tds/packet.h"

namespace dbstow::doubles::sqlserver {

struct TdsMessage {
  PacketType type = PacketType::kSqlBatch;
  std::string content;
  bool resets = false;   ///< the client wants a session as new
  bool ignored = false;  ///< the client took the message back
};

/// Messages in packets over one connection; TLS inside PRELOGIN packets, and after it as far as was
/// agreed. One thread.
class TdsChannel {
 public:
  explicit TdsChannel(Connection& connection) : connection_(connection) {}

  /// Errors: IOError when the peer is gone or breaks the protocol, Timeout, Cancelled.
  [[nodiscard]] Result<TdsMessage> Read(Deadline deadline = {});
  [[nodiscard]] Result<bool> HasInput(Deadline deadline);
  /// Splits into packets of the agreed size. Without `last` the message goes on later, and what
  /// does not fill a packet is sent nevertheless.
  [[nodiscard]] Result<void> Send(std::string_view content, bool last);

  /// The handshake as MS-TDS has it.
  [[nodiscard]] Result<void> StartTls(const ServerCertificate& certificate, Deadline deadline);
  /// Breaks the connection, as a lost network does.
  void Cut() { connection_.Cut(); }
  /// Back to clear text, after LOGIN7.
  void EndTls() { tls_.reset(); }
  [[nodiscard]] bool encrypted() const { return tls_.has_value(); }

  void set_packet_size(std::size_t size) { packet_size_ = size; }
  [[nodiscard]] std::size_t packet_size() const { return packet_size_; }

 private:
  [[nodiscard]] Result<void> ReadExactly(char* out, std::size_t size, Deadline deadline);
  [[nodiscard]] Result<void> Fill(Deadline deadline);
  [[nodiscard]] Result<void> Write(std::string_view bytes);
  [[nodiscard]] Result<void> SendHandshake();

  Connection& connection_;
  std::optional<TlsSession> tls_;
  std::string plain_;  ///< read, and not yet taken
  std::size_t packet_size_ = 4096;
  std::uint8_t next_packet_ = 1;
};

}  // namespace dbstow::doubles::sqlserver
