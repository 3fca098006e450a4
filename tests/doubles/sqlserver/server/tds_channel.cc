#include "doubles/sqlserver/server/tds_channel.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace dbstow::doubles::sqlserver {
namespace {

constexpr std::size_t kLargestMessage = 16 * 1024 * 1024;
constexpr std::size_t kLargestPacket = 32767;

}  // namespace

Result<void> TdsChannel::Fill(Deadline deadline) {
  std::array<std::byte, 16384> chunk;
  if (!tls_) {
    DBSTOW_ASSIGN(const std::size_t size, connection_.Read(chunk, deadline));
    if (size == 0) return Error(ErrorCode::kIoError, "the client ended");
    plain_ += AsText(ByteView(chunk).first(size));
    return {};
  }
  while (true) {
    DBSTOW_ASSIGN(const std::size_t size, tls_->Read(chunk));
    if (size > 0) {
      plain_ += AsText(ByteView(chunk).first(size));
      return {};
    }
    std::array<std::byte, 16384> sealed;
    DBSTOW_ASSIGN(const std::size_t more, connection_.Read(sealed, deadline));
    if (more == 0 || tls_->ended()) return Error(ErrorCode::kIoError, "the client ended");
    tls_->Feed(ByteView(sealed).first(more));
  }
}

Result<void> TdsChannel::ReadExactly(char* out, std::size_t size, Deadline deadline) {
  while (plain_.size() < size) DBSTOW_TRY(Fill(deadline));
  std::copy_n(plain_.begin(), size, out);
  plain_.erase(0, size);
  return {};
}

Result<TdsMessage> TdsChannel::Read(Deadline deadline) {
  TdsMessage message;
  bool first = true;
  while (true) {
    std::array<char, kPacketHeaderSize> bytes{};
    DBSTOW_TRY(ReadExactly(bytes.data(), bytes.size(), deadline));
    const std::optional<PacketHeader> header = DecodePacketHeader({bytes.data(), bytes.size()});
    if (!header || header->length > kLargestPacket) {
      return Error(ErrorCode::kIoError, "not a TDS packet");
    }
    if (!first && header->type != message.type) {
      return Error(ErrorCode::kIoError, "a packet of another message");
    }
    std::string content(header->length - kPacketHeaderSize, '\0');
    DBSTOW_TRY(ReadExactly(content.data(), content.size(), deadline));
    message.type = header->type;
    message.content += content;
    message.resets = message.resets || (first && (header->status & kResetConnection) != 0);
    message.ignored = (header->status & kIgnoreMessage) != 0;
    first = false;
    if ((header->status & kEndOfMessage) != 0) return message;
    if (message.content.size() > kLargestMessage) {
      return Error(ErrorCode::kIoError, "a message without end");
    }
  }
}

Result<bool> TdsChannel::HasInput(Deadline deadline) {
  if (!plain_.empty()) return true;
  if (tls_) {
    std::array<std::byte, 4096> chunk;
    DBSTOW_ASSIGN(const std::size_t size, tls_->Read(chunk));
    plain_ += AsText(ByteView(chunk).first(size));
    if (size > 0 || tls_->ended()) return true;
  }
  return connection_.HasInput(deadline);
}

Result<void> TdsChannel::Write(std::string_view bytes) {
  const Deadline deadline = In(std::chrono::seconds(30));
  if (!tls_) return connection_.WriteAll(AsBytes(bytes), deadline);
  DBSTOW_TRY(tls_->Write(AsBytes(bytes)));
  return connection_.WriteAll(tls_->TakeOutgoing(), deadline);
}

Result<void> TdsChannel::Send(std::string_view content, bool last) {
  const std::size_t room = packet_size_ - kPacketHeaderSize;
  do {
    const std::string_view part = content.substr(0, room);
    content.remove_prefix(part.size());
    const bool ends = last && content.empty();
    DBSTOW_TRY(Write(
        EncodePacket(PacketType::kTabularResult, ends ? kEndOfMessage : 0, next_packet_++, part)));
    if (ends) next_packet_ = 1;
  } while (!content.empty());
  return {};
}

Result<void> TdsChannel::SendHandshake() {
  const Bytes out = tls_->TakeOutgoing();
  if (out.empty()) return {};
  return connection_.WriteAll(
      AsBytes(EncodePacket(PacketType::kPrelogin, kEndOfMessage, 0, AsText(out))),
      In(std::chrono::seconds(30)));
}

Result<void> TdsChannel::StartTls(const ServerCertificate& certificate, Deadline deadline) {
  // Clients of this protocol do not know 1.3 inside it.
  DBSTOW_ASSIGN(TlsSession session,
                TlsSession::Server(certificate, {.versions = TlsVersions::kOnly12}));
  while (true) {
    DBSTOW_ASSIGN(const TdsMessage message, Read(deadline));
    if (message.type != PacketType::kPrelogin) {
      return Error(ErrorCode::kIoError, "the TLS handshake is missing");
    }
    session.Feed(AsBytes(message.content));
    const Result<bool> done = session.Handshake();
    tls_ = std::move(session);
    const Result<void> sent = SendHandshake();
    DBSTOW_TRY(done);
    DBSTOW_TRY(sent);
    if (*done) return {};
    session = std::move(*tls_);
    tls_.reset();
  }
}

}  // namespace dbstow::doubles::sqlserver
