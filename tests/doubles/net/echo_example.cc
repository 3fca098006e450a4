#include <array>

#include "doubles/net/run_double.h"

namespace dbstow::doubles {
namespace {

/// Sends back what it is sent.
class EchoDouble final : public Double {
 public:
  explicit EchoDouble(const AnswerDelay& delay) : delay_(delay) {}

  Result<std::uint16_t> Start(std::uint16_t port) override {
    DBSTOW_ASSIGN(listener_,
                  Listener::Start({.port = port}, [this](Connection& peer, std::stop_token stop) {
                    std::array<std::byte, 4096> chunk;
                    while (true) {
                      const Result<std::size_t> size = peer.Read(chunk);
                      if (!size || *size == 0) return;
                      delay_.Wait(stop);
                      if (!peer.WriteAll(ByteView(chunk).first(*size))) return;
                    }
                  }));
    return listener_->port();
  }
  std::size_t CutConnections() override { return listener_->CutConnections(); }
  void Stop() override {
    if (listener_) listener_->Stop();
  }
  std::map<std::string, std::string> ReadyDetails() const override { return {{"says", "echo"}}; }

 private:
  const AnswerDelay& delay_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace
}  // namespace dbstow::doubles

int main(int argc, char** argv) {
  using namespace dbstow::doubles;
  return RunDouble("echo", argc, argv,
                   [](const DoubleSetup& setup) -> dbstow::Result<std::unique_ptr<Double>> {
                     return std::make_unique<EchoDouble>(setup.delay);
                   });
}
