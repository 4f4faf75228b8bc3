// Agencii's page with NestJS: a controller, a DTO with class-validator, a guard and an exception filter.
import "reflect-metadata";
import { randomBytes, timingSafeEqual } from "node:crypto";
import {
  ArgumentsHost,
  BadRequestException,
  Body,
  CanActivate,
  Catch,
  Controller,
  ExceptionFilter,
  ExecutionContext,
  HttpCode,
  HttpException,
  Injectable,
  Module,
  Post,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
} from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { IsString } from "class-validator";

class CreateNewChat {
  @IsString()
  apiIntegrationId!: string;
}

@Injectable()
class TokenGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const [scheme, token = ""] = (context.switchToHttp().getRequest().headers.authorization ?? "").split(" ", 2);
    const [left, right] = [Buffer.from(token), Buffer.from(process.env.TOKEN!)];
    if (scheme.toLowerCase() !== "bearer" || left.length !== right.length || !timingSafeEqual(left, right)) {
      throw new UnauthorizedException("The authorization token is absent or not accepted.");
    }
    return true;
  }
}

@Controller()
class ChatController {
  @Post("create_new_chat")
  @HttpCode(200)
  @UseGuards(TokenGuard)
  create(@Body() body: CreateNewChat): { chatId: string } {
    if (body.apiIntegrationId !== process.env.API_INTEGRATION_ID) throw new BadRequestException("No such integration.");
    return { chatId: randomBytes(15).toString("base64url") };
  }
}

@Catch()
class Detail implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse();
    // What reads the body throws errors of its own, with a status.
    const status = error instanceof HttpException ? error.getStatus() : ((error as any)?.status ?? 500);
    let told = status < 500 ? (error as Error).message : "The server could not handle the request.";
    if (error instanceof HttpException) told = (error.getResponse() as any).message ?? error.message;
    response.status(status).json({ detail: Array.isArray(told) ? told.join("; ") : told });
  }
}

@Module({ controllers: [ChatController] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false });
app.useGlobalPipes(new ValidationPipe());
app.useGlobalFilters(new Detail());
await app.listen(Number(process.argv[2]), "127.0.0.1");
