@main
struct TunerdCommand {
    static func main() {}
}
