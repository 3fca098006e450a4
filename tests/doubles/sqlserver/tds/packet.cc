#include "doubles/sqlserver/tds/packet.h"

#include "doubles/sqlserver/tds/bytes.h"

namespace dbstow::doubles::sqlserver {
namespace {

bool IsKnown(std::uint8_t type) {
  switch (static_cast<PacketType>(type)) {
    case PacketType::kSqlBatch:
    case PacketType::kRpc:
    case PacketType::kTabularResult:
    case PacketType::kAttention:
    case PacketType::kBulkLoad:
    case PacketType::kTransactionManager:
    case PacketType::kLogin7:
    case PacketType::kPrelogin: return true;
  }
  return false;
}

}  // namespace

std::optional<PacketHeader> DecodePacketHeader(std::string_view bytes) {
  TdsReader in(bytes);
  const std::uint8_t type = in.Byte();
  PacketHeader header;
  header.type = static_cast<PacketType>(type);
  header.status = in.Byte();
  header.length = static_cast<std::uint16_t>(in.Big(2));
  in.Take(4);
  if (!in.ok() || !IsKnown(type) || header.length < kPacketHeaderSize) return std::nullopt;
  return header;
}

std::string EncodePacket(PacketType type, std::uint8_t status, std::uint8_t id,
                         std::string_view content) {
  TdsWriter out;
  out.Byte(static_cast<std::uint8_t>(type));
  out.Byte(status);
  out.Big(content.size() + kPacketHeaderSize, 2);
  out.Big(0, 2);
  out.Byte(id);
  out.Byte(0);
  out.Raw(content);
  return out.Take();
}

}  // namespace dbstow::doubles::sqlserver
