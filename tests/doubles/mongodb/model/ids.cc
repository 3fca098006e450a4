#include "doubles/mongodb/model/ids.h"

#include <openssl/rand.h>

#include <cstdlib>
#include <cstring>

namespace dbstow::doubles::mongodb {

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    std::abort();
  }
  return bytes;
}

std::string NewUuid() {
  std::string uuid = RandomBytes(16);
  uuid[6] = static_cast<char>((uuid[6] & 0x0F) | 0x40);
  uuid[8] = static_cast<char>((uuid[8] & 0x3F) | 0x80);
  return uuid;
}

std::string NewObjectId(std::uint32_t seconds) {
  std::string id = RandomBytes(12);
  for (std::size_t i = 0; i < 4; ++i) id[i] = static_cast<char>(seconds >> (24 - 8 * i));
  return id;
}

std::int64_t NewCursorId() {
  std::int64_t id = 0;
  while (id == 0) {
    const std::string bytes = RandomBytes(sizeof id);
    std::memcpy(&id, bytes.data(), sizeof id);
    id &= 0x7FFFFFFFFFFFFFFF;
  }
  return id;
}

}  // namespace dbstow::doubles::mongodb
